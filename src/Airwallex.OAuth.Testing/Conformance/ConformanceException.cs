namespace Airwallex.OAuth.Testing;

/// <summary>
/// A token store broke a rule of <see cref="TokenStoreConformance"/>; the message says which rule and what was seen.
/// </summary>
public sealed class ConformanceException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="rule">The rule that was broken: a name of <see cref="TokenStoreConformance.RuleNames"/>.</param>
    /// <param name="facts">What was expected and what was seen, in sentences.</param>
    /// <param name="innerException">What the store threw; null when it threw nothing.</param>
    public ConformanceException(string rule, string facts, Exception? innerException = null)
        : base($"{rule}: {facts}", innerException)
    {
        Rule = rule;
        Facts = facts;
    }

    /// <summary>The rule that was broken: a name of <see cref="TokenStoreConformance.RuleNames"/>.</summary>
    public string Rule { get; }

    /// <summary>What was expected and what was seen, in sentences.</summary>
    public string Facts { get; }
}
