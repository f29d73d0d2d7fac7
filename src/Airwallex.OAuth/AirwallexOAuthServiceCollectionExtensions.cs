using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth;

/// <summary>stub</summary>
public static class AirwallexOAuthServiceCollectionExtensions
{
    /// <summary>stub</summary>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(this IServiceCollection services, IConfiguration configuration) => throw new NotImplementedException();

    /// <summary>stub</summary>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(this IServiceCollection services, Action<AirwallexOAuthOptions> configure) => throw new NotImplementedException();
}
