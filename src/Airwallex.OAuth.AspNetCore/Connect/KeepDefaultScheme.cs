using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// ASP.NET Core makes the only scheme of an application its default. The flow's scheme must neither become that default, nor, by being
/// one more, take it from the application's own.
/// </summary>
internal sealed class KeepDefaultScheme : IPostConfigureOptions<AuthenticationOptions>
{
    public void PostConfigure(string? name, AuthenticationOptions options)
    {
        if (options.DefaultScheme is not null)
        {
            return;
        }

        var own = options.Schemes.Where(scheme => scheme.Name != ConnectFlowDefaults.AuthenticationScheme).Select(scheme => scheme.Name).ToList();
        options.DefaultScheme = own.Count switch
        {
            1 => own[0],
            // A default that names no scheme is none; left null, the flow's own scheme would be it.
            0 => "",
            _ => null,
        };
    }
}
