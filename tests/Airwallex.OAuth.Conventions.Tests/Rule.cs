namespace Airwallex.OAuth.Conventions.Tests;

internal static class Rule
{
    /// <summary>Fails with the rule and everything that does not keep it.</summary>
    public static void Holds(string rule, IEnumerable<string> violations)
    {
        var found = violations.ToList();
        Assert.True(found.Count == 0, $"{rule}:{Environment.NewLine}{string.Join(Environment.NewLine, found)}");
    }
}
