namespace Airwallex.OAuth;

/// <summary>
/// What an account id looks like: 1 to 255 characters, no control characters, no white space at an end.
/// </summary>
internal static class AccountIdRule
{
    public const int LongestLength = 255;

    public static void Check(string? accountId, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accountId, parameter);
        if (!IsValid(accountId))
        {
            throw new ArgumentException(
                $"An account id has 1 to {LongestLength} characters, no control characters, and no white space " +
                "at an end.", parameter);
        }
    }

    public static bool IsValid(string accountId)
    {
        foreach (var character in accountId)
        {
            if (char.IsControl(character))
            {
                return false;
            }
        }

        return accountId.Length is > 0 and <= LongestLength
            && !char.IsWhiteSpace(accountId[0]) && !char.IsWhiteSpace(accountId[^1]);
    }
}
