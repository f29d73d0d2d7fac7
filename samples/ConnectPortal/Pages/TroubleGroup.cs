namespace ConnectPortal.Pages;

/// <summary>Buttons that belong together: those that make sense at the moment.</summary>
/// <param name="Key">Its id on the page.</param>
/// <param name="Title">What the buttons are about.</param>
/// <param name="Actions">The buttons.</param>
/// <param name="Outcome">What came of one that was pressed, even when it does not make sense any more.</param>
public sealed record TroubleGroup(
    string Key, string Title, IReadOnlyList<TroubleAction> Actions, Outcome? Outcome)
{
    public bool IsShown => Actions.Count > 0 || Outcome is not null;
}
