namespace Airwallex.OAuth;

/// <summary>What can be an authorization code or a PKCE verifier. Anything else is not sent.</summary>
internal static class CodeRule
{
    private const int Longest = 8192;

    public static bool Allows(string text) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= Longest && !text.Any(char.IsControl);
}
