namespace ConnectPortal.Pages;

/// <summary>Every connection, and what happened lately.</summary>
public sealed class IndexModel : PortalPage
{
    public IReadOnlyList<ConnectionView> All { get; private set; } = [];

    public Outcome? Outcome => Outcome.Find(After, Since, Timeline, accountId: null);

    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        All = await FindConnectionsAsync(cancellationToken);
}
