using Microsoft.AspNetCore.Authentication;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// What a challenge of the scheme <see cref="ConnectFlowDefaults.AuthenticationScheme"/> asks for. <see cref="AuthenticationProperties.RedirectUri"/>
/// is where the customer goes afterwards, a local URL; <see cref="AuthenticationProperties.Items"/> travel, encrypted, to
/// <see cref="ConnectFlowOptions.OnConnected"/>.
/// </summary>
public sealed class ConnectProperties : AuthenticationProperties
{
    internal const string SignUpKey = "sign_up";
    internal const string ScopesKey = "scopes";

    /// <summary>Whether the customer creates an Airwallex account on the way (<c>sign_up=true</c>). Default: false.</summary>
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
}
