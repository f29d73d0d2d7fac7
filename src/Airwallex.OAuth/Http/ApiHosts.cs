using System.Globalization;

namespace Airwallex.OAuth;

/// <summary>Where a token may go: to the API's host and those that the user lists, over https or on loopback.</summary>
internal sealed class ApiHosts
{
    private readonly string _host;
    private readonly int _port;
    private readonly (string Host, int? Port)[] _others;

    public ApiHosts(AirwallexOAuthOptions options)
    {
        var api = AirwallexEndpoints.For(options).ApiBaseAddress;
        (_host, _port) = (api.Host, api.Port);
        _others = [.. options.AdditionalApiHosts.Select(Parse)];
    }

    public bool Allows(Uri? address) =>
        address is { IsAbsoluteUri: true } && IsSecure(address)
            && (IsSame(address, _host, _port) || IsListed(address));

    public static bool IsSecure(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);

    public static bool IsHost(string entry)
    {
        var (host, port) = Parse(entry);
        return Uri.CheckHostName(host) != UriHostNameType.Unknown && port is null or > 0 and <= 65535;
    }

    private bool IsListed(Uri address)
    {
        foreach (var (host, port) in _others)
        {
            if (IsSame(address, host, port))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSame(Uri address, string host, int? port) =>
        IsSame(address.Host, host) && (port is null || address.Port == port);

    // Uri writes hosts in lower case, so that almost all that are the same are so to the byte: the cheaper comparison.
    private static bool IsSame(string host, string allowed) =>
        host == allowed || string.Equals(host, allowed, StringComparison.OrdinalIgnoreCase);

    private static (string Host, int? Port) Parse(string entry)
    {
        // The last colon starts a port, unless it is within the brackets of an IPv6 address.
        var colon = entry.LastIndexOf(':');
        if (colon <= entry.LastIndexOf(']'))
        {
            return (entry, null);
        }

        var isPort = int.TryParse(
            entry.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port);
        return (entry[..colon], isPort ? port : 0);
    }
}
