namespace Airwallex.OAuth;

/// <summary>Which redirect URI a call means: the one it names, else the one of the options.</summary>
internal static class RedirectUriRule
{
    public static Uri Choose(Uri? named, AirwallexOAuthOptions options)
    {
        var redirectUri = named ?? options.RedirectUri ?? throw new ArgumentException(
            "No redirect URI is known: set AirwallexOAuthOptions.RedirectUri, or name one in the call. It must be " +
            "whitelisted with Airwallex.");
        return redirectUri.IsAbsoluteUri ? redirectUri : throw new ArgumentException(
            $"The redirect URI '{redirectUri}' is relative; Airwallex needs the absolute one that is whitelisted.");
    }
}
