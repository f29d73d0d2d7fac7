namespace Airwallex.OAuth;

/// <summary>What an account id may be: up to 255 characters, no control characters, no white space at an end.</summary>
internal static class AccountIdRule
{
    public const int LongestAccountId = 255;

    public static bool IsValid(string accountId) =>
        accountId.Length is > 0 and <= LongestAccountId
        && !char.IsWhiteSpace(accountId[0]) && !char.IsWhiteSpace(accountId[^1])
        && !accountId.Any(char.IsControl);

    public static void ThrowIfInvalid(string accountId)
    {
        ArgumentNullException.ThrowIfNull(accountId);
        if (!IsValid(accountId))
        {
            throw new ArgumentException(
                "This is not an account id: it must be 1 to 255 characters, without control characters and without white space at an end.",
                nameof(accountId));
        }
    }
}
