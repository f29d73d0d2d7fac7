using Microsoft.AspNetCore.Authentication;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>What the remote-authentication machinery needs to know, derived from <see cref="ConnectFlowOptions"/>.</summary>
internal sealed class ConnectHandlerOptions : RemoteAuthenticationOptions
{
    /// <summary>Encrypts and authenticates the state that travels over Airwallex.</summary>
    public ISecureDataFormat<AuthenticationProperties> StateDataFormat { get; set; } = null!;
}
