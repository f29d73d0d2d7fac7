using Microsoft.AspNetCore.Authentication;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// How a flow is started, by a challenge of the scheme <see cref="ConnectFlowDefaults.AuthenticationScheme"/> or by
/// <c>HttpContext.CreateAirwallexConnectUrlAsync</c>. Not changed by starting a flow.
/// </summary>
/// <remarks>
/// <see cref="AuthenticationProperties.RedirectUri"/> is where the customer goes afterwards, a local URL of at most
/// 1,024 characters. <see cref="AuthenticationProperties.Items"/> travel, encrypted, to
/// <see cref="ConnectFlowOptions.OnConnecting"/> and <see cref="ConnectFlowOptions.OnConnected"/>; they make the URL
/// longer, so keep them short.
/// </remarks>
public sealed class ConnectProperties : AuthenticationProperties
{
    internal const string SignUpKey = "sign_up";
    internal const string ScopesKey = "scopes";
    internal const string AccountIdKey = "account_id";

    /// <summary>
    /// Whether the customer creates an Airwallex account on the way (<c>sign_up=true</c>). Default: false.
    /// </summary>
    public bool SignUp
    {
        get => GetParameter<bool>(SignUpKey);
        set => SetParameter(SignUpKey, value);
    }

    /// <summary>The scopes to ask for. Default: null, <see cref="AirwallexOAuthOptions.Scopes"/>.</summary>
    public IReadOnlyCollection<string>? Scopes
    {
        get => GetParameter<IReadOnlyCollection<string>>(ScopesKey);
        set => SetParameter(ScopesKey, value);
    }

    /// <summary>
    /// The account to reconnect. When the customer authorizes another one, the flow fails with
    /// <see cref="ConnectFailureKind.AnotherAccount"/> and nothing is saved. Default: null, any account.
    /// </summary>
    public string? AccountId
    {
        get => GetParameter<string>(AccountIdKey);
        set => SetParameter(AccountIdKey, value);
    }
}
