namespace Airwallex.OAuth.Testing;

/// <summary>One violation of a rule of Airwallex by the client under test. Immutable; holds no whole token.</summary>
public sealed record RuleViolation
{
    /// <summary>The rule that was violated.</summary>
    public required RuleName Rule { get; init; }

    /// <summary>The account concerned; null when the request did not lead to one.</summary>
    public string? AccountId { get; init; }

    /// <summary>When, by the simulator's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What happened, in a sentence. Tokens appear by their last four characters only.</summary>
    public required string Text { get; init; }

    /// <summary>The violation in one line.</summary>
    public override string ToString() => $"{Time:HH:mm:ss.fff} {Rule} ({AccountId ?? "no account"}): {Text}";
}
