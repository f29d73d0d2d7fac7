using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// The connect flow on ASP.NET Core's remote-authentication machinery: a challenge sends the customer to Airwallex, the
/// callback exchanges the code and saves the connection. It authenticates nobody and signs nobody in.
/// </summary>
internal sealed class ConnectHandler(
    IOptionsMonitor<RemoteAuthenticationOptions> schemeOptions, ILoggerFactory loggerFactory, UrlEncoder encoder)
    : RemoteAuthenticationHandler<RemoteAuthenticationOptions>(schemeOptions, loggerFactory, encoder)
{
    // The state ends up in a URL, so an address in it must be short.
    private const int MaxStartUrl = 512;

    private ConnectFlow Flow =>
        Context.RequestServices.GetRequiredKeyedService<ConnectFlow>(ConnectFlowDefaults.ApplicationOf(Scheme.Name));

    /// <summary>
    /// The callback's only door is its endpoint, behind the application's rate limits; UseAuthentication runs before
    /// them.
    /// </summary>
    public override Task<bool> ShouldHandleRequestAsync() => Task.FromResult(false);

    /// <summary>Handles the callback, for its endpoint.</summary>
    public Task HandleCallbackAsync() => HandleRemoteAuthenticateAsync();

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(AuthenticateResult.NoResult());

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    protected override async Task<HandleRequestResult> HandleRemoteAuthenticateAsync()
    {
        var callback = new ConnectCallback(Context, Flow, Options.CorrelationCookie, TimeProvider, Logger);
        await callback.HandleAsync().ConfigureAwait(false);
        return HandleRequestResult.Handle();
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var here = CurrentUrl();
        var startUrl = HttpMethods.IsGet(Request.Method) && here?.Length <= MaxStartUrl ? here : null;
        var url = await StartAsync(properties, here, startUrl).ConfigureAwait(false);
        Response.Redirect(url.AbsoluteUri);
    }

    /// <summary>Starts a flow: sets its cookie, and returns where the customer's browser is to go.</summary>
    /// <param name="properties">How to start.</param>
    /// <param name="returnUrl">
    /// Where the customer ends when the properties do not say; null: the application's root.
    /// </param>
    /// <param name="startUrl">Where the customer can start again; null when that is not a page.</param>
    public async Task<Uri> StartAsync(
        AuthenticationProperties properties, string? returnUrl = null, string? startUrl = null)
    {
        var flow = Flow;
        var redirectUri = flow.RedirectUri(Request);
        var publicBase = flow.PublicBase(redirectUri);
        var pkce = flow.Options.UsePkce ? Pkce.Create() : null;
        var state = new ConnectState
        {
            FlowId = AuthorizationState.Create(),
            StartedAt = TimeProvider.GetUtcNow(),
            RedirectUri = redirectUri,
            ReturnUrl = ChooseReturnUrl(properties.RedirectUri) ?? returnUrl ?? publicBase + "/",
            CodeVerifier = pkce?.Verifier,
            StartUrl = startUrl,
            AccountId = properties.GetParameter<string>(ConnectProperties.AccountIdKey),
            User = ConnectUser.Identify(await ConnectUser.GetAsync(Context).ConfigureAwait(false)),
            Properties = properties,
        };
        var url = new AuthorizeUrlBuilder(flow.Airwallex).Build(new AuthorizeRequest
        {
            State = state.Protect(flow.States),
            SignUp = properties.GetParameter<bool>(ConnectProperties.SignUpKey),
            Scopes = properties.GetParameter<IReadOnlyCollection<string>>(ConnectProperties.ScopesKey),
            RedirectUri = redirectUri,
            CodeChallenge = pkce?.Challenge,
        });

        ConnectPage.KeepPrivate(Response);
        ConnectCookie.SetStarted(Context, Options.CorrelationCookie, state, flow.Options.StateLifetime);
        Logger.SendingCustomerToAirwallex(redirectUri.OriginalString);
        return url;
    }

    private static string? ChooseReturnUrl(string? asked) =>
        string.IsNullOrEmpty(asked) ? null
        : LocalUrl.TryEncode(asked, out var local) ? local
        : throw new InvalidOperationException(
            "The RedirectUri of a challenge of the scheme \"Airwallex\" must be a local URL such as /settings, of at " +
                "most "
            + $"{LocalUrl.MaxLength} characters: anything else would let a link send your customers to another site.");

    // What a proxy strips from the path is known from the redirect URI alone.
    private string? CurrentUrl()
    {
        var publicBase = Flow.PublicBase(Flow.RedirectUri(Request));
        var pathBase = Request.PathBase.ToUriComponent();
        var stripped = publicBase.EndsWith(pathBase, StringComparison.Ordinal) ? publicBase[..^pathBase.Length] : "";
        var url = stripped + pathBase + Request.Path.ToUriComponent() + Request.QueryString.ToUriComponent();
        return LocalUrl.TryEncode(url, out var local) ? local : null;
    }
}
