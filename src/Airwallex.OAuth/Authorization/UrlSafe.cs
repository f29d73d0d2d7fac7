namespace Airwallex.OAuth;

/// <summary>Base64url without padding (RFC 4648, section 5).</summary>
internal static class UrlSafe
{
    // System.Buffers.Text.Base64Url came with .NET 9; net8.0 is a target.
    public static string Encode(byte[] bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
