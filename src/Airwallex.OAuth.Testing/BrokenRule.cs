namespace Airwallex.OAuth.Testing;

/// <summary>One breach of a rule of Airwallex by the client under test.</summary>
/// <param name="Rule">The rule that was broken.</param>
/// <param name="AccountId">The account concerned; null when the request did not lead to one.</param>
/// <param name="Time">When, by the simulator's clock.</param>
/// <param name="Text">What happened, in a sentence; never a whole token.</param>
public sealed record BrokenRule(RuleName Rule, string? AccountId, DateTimeOffset Time, string Text)
{
    /// <summary>The breach in one line.</summary>
    public override string ToString() => $"{Time:HH:mm:ss.fff} {Rule} ({AccountId ?? "no account"}): {Text}";
}
