using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// The connect flow on ASP.NET Core's remote-authentication machinery: a challenge sends the customer to Airwallex, the callback
/// exchanges the code and saves the connection. It authenticates nobody and signs nobody in.
/// </summary>
internal sealed class ConnectHandler(
    IOptionsMonitor<ConnectHandlerOptions> schemeOptions,
    ILoggerFactory loggerFactory,
    UrlEncoder encoder,
    IOptions<ConnectFlowOptions> flowOptions,
    IOptionsMonitor<AirwallexOAuthOptions> airwallexOptions,
    IAuthenticationSchemeProvider schemes,
    AirwallexConnections connections,
    ClientRefusal refusal,
    ConnectFlowMemory memory)
    : RemoteAuthenticationHandler<ConnectHandlerOptions>(schemeOptions, loggerFactory, encoder)
{
    private const string RedirectUriKey = "airwallex.redirect_uri";
    private const string CodeVerifierKey = "airwallex.code_verifier";
    private const string FlowIdKey = "airwallex.flow_id";

    private readonly ConnectFlowOptions _flow = flowOptions.Value;

    public override async Task<bool> ShouldHandleRequestAsync() =>
        !memory.CallbackIsMapped && await base.ShouldHandleRequestAsync().ConfigureAwait(false);

    /// <summary>Handles the callback from its endpoint.</summary>
    public Task HandleCallbackAsync() => HandleRemoteAuthenticateAsync();

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var options = airwallexOptions.CurrentValue;
        var redirectUri = options.RedirectUri ?? new Uri(BuildRedirectUri(Options.CallbackPath));
        var pkce = _flow.UsePkce ? Pkce.Create() : null;

        properties.RedirectUri = ChooseReturnUrl(properties.RedirectUri);
        properties.IssuedUtc = TimeProvider.GetUtcNow();
        // The exchange must name the redirect URI of the authorize request (RFC 6749, section 4.1.3), whatever happens to the options meanwhile.
        properties.Items[RedirectUriKey] = redirectUri.OriginalString;
        properties.Items[FlowIdKey] = AuthorizationState.Create();
        properties.Items[CodeVerifierKey] = pkce?.Verifier;
        GenerateCorrelationId(properties);

        var url = new AuthorizeUrlBuilder(options).Build(new AuthorizeRequest
        {
            State = Options.StateDataFormat.Protect(properties),
            SignUp = properties.GetParameter<bool>(ConnectProperties.SignUpKey),
            Scopes = properties.GetParameter<IReadOnlyCollection<string>>(ConnectProperties.ScopesKey),
            RedirectUri = redirectUri,
            CodeChallenge = pkce?.Challenge,
        });

        ConnectResponse.KeepPrivate(Response);
        Response.Redirect(url.AbsoluteUri);
        Logger.SendingCustomerToAirwallex(redirectUri.OriginalString);
        return Task.CompletedTask;
    }

    protected override async Task<HandleRequestResult> HandleRemoteAuthenticateAsync()
    {
        if (ReadCallback(out var response, out var properties) is { } failure)
        {
            await FailAsync(failure).ConfigureAwait(false);
            return HandleRequestResult.Handle();
        }

        AirwallexConnection connection;
        try
        {
            connection = await ExchangeAsync(response.Code!, properties).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // What cannot be exchanged or saved is told to the customer, whatever the store throws.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            refusal.Notice(exception);
            await FailAsync(ExchangeFailure(exception, properties)).ConfigureAwait(false);
            return HandleRequestResult.Handle();
        }

        await SucceedAsync(connection, properties).ConfigureAwait(false);
        return HandleRequestResult.Handle();
    }

    /// <summary>Whether the callback ends a flow that this browser started, in time and for the first time, and with a code.</summary>
    private ConnectFailedContext? ReadCallback(out AuthorizationResponse response, out AuthenticationProperties properties)
    {
        response = null!;
        properties = null!;
        try
        {
            response = AuthorizationResponse.Parse(new Uri("/" + Request.QueryString.Value, UriKind.Relative));
        }
        catch (FormatException exception)
        {
            Logger.RefusedCallback(exception.Message);
            return Failure(ConnectFailureKind.InvalidCallback, StatusCodes.Status400BadRequest);
        }

        if (response.Error is null && string.IsNullOrWhiteSpace(response.Code))
        {
            Logger.RefusedCallback("its code is blank");
            return Failure(ConnectFailureKind.InvalidCallback, StatusCodes.Status400BadRequest);
        }

        // Airwallex does not say that it repeats the state of a declined request; without it, nothing but a page can come of it.
        if (response is { State: null, Error: not null })
        {
            return AuthorizationFailure(response, null);
        }

        if (Options.StateDataFormat.Unprotect(response.State) is not { } unprotected)
        {
            Logger.RefusedCallback("its state is missing or was not made by this application");
            return Failure(ConnectFailureKind.InvalidCallback, StatusCodes.Status400BadRequest);
        }

        properties = unprotected;
        var fromThisBrowser = ValidateCorrelationId(properties);
        if (!(properties.IssuedUtc + _flow.StateLifetime > TimeProvider.GetUtcNow()))
        {
            Logger.RefusedCallback("the flow was started too long ago");
            return Failure(ConnectFailureKind.Expired, StatusCodes.Status400BadRequest, properties);
        }

        if (!fromThisBrowser || !memory.UsedStates.TryAdd(properties.Items[FlowIdKey] ?? ""))
        {
            Logger.RefusedCallback("it was used before, or another browser started the flow");
            return Failure(ConnectFailureKind.InvalidCallback, StatusCodes.Status400BadRequest);
        }

        return response.Error is null ? null : AuthorizationFailure(response, properties);
    }

    // Not the request's cancellation: a customer who closes the tab has authorized all the same, and what Airwallex issued must be saved.
    private Task<AirwallexConnection> ExchangeAsync(string code, AuthenticationProperties properties) =>
        connections.ConnectAsync(code, new Uri(properties.Items[RedirectUriKey]!), properties.Items[CodeVerifierKey], CancellationToken.None);

    private async Task SucceedAsync(AirwallexConnection connection, AuthenticationProperties properties)
    {
        // The callback's own address holds the code: no page after it learns that address.
        ConnectResponse.KeepPrivate(Response);

        var returnUrl = properties.RedirectUri ?? "/";
        if (_flow.OnConnected is { } onConnected)
        {
            var context = new ConnectedContext(Context, connection, await SignedInUserAsync().ConfigureAwait(false), ForTheApplication(properties), returnUrl);
            await onConnected(context).ConfigureAwait(false);
            if (context.Handled)
            {
                return;
            }

            returnUrl = context.ReturnUrl;
        }

        Response.Redirect(returnUrl);
    }

    private async Task FailAsync(ConnectFailedContext context)
    {
        Logger.CustomerCameBackWithoutConnection(context.Kind, Printable.From(context.Error), context.Exception);
        ConnectResponse.KeepPrivate(Response);
        if (_flow.OnFailed is { } onFailed)
        {
            await onFailed(context).ConfigureAwait(false);
        }

        if (!context.Handled)
        {
            await ConnectResponse.WriteFailureAsync(context).ConfigureAwait(false);
        }
    }

    private ConnectFailedContext AuthorizationFailure(AuthorizationResponse response, AuthenticationProperties? properties)
    {
        var declined = response.Error == "access_denied";
        var status = declined ? StatusCodes.Status403Forbidden
            : properties is null ? StatusCodes.Status400BadRequest
            : StatusCodes.Status502BadGateway;
        return Failure(declined ? ConnectFailureKind.Declined : ConnectFailureKind.AuthorizationError, status, properties, response);
    }

    private ConnectFailedContext ExchangeFailure(Exception exception, AuthenticationProperties properties) => exception switch
    {
        TokenRequestException { IsTransient: true } => Failure(ConnectFailureKind.ExchangeFailed, StatusCodes.Status503ServiceUnavailable, properties, exception: exception),
        TokenRequestException { Error: "invalid_grant" } => Failure(ConnectFailureKind.ExchangeFailed, StatusCodes.Status400BadRequest, properties, exception: exception),
        TokenRequestException => Failure(ConnectFailureKind.ExchangeFailed, StatusCodes.Status502BadGateway, properties, exception: exception),
        _ => Failure(ConnectFailureKind.StoreUnavailable, StatusCodes.Status503ServiceUnavailable, properties, exception: exception),
    };

    private ConnectFailedContext Failure(
        ConnectFailureKind kind, int status, AuthenticationProperties? properties = null, AuthorizationResponse? response = null, Exception? exception = null) =>
        new(Context, kind, status)
        {
            Properties = properties is null ? null : ForTheApplication(properties),
            ReturnUrl = properties?.RedirectUri ?? "/",
            Error = response?.Error,
            ErrorDescription = response?.ErrorDescription,
            Exception = exception,
        };

    private string ChooseReturnUrl(string? asked)
    {
        if (string.IsNullOrEmpty(asked))
        {
            return LocalUrl.TryEncode(OriginalPathBase + OriginalPath + Request.QueryString, out var current) ? current : "/";
        }

        return LocalUrl.TryEncode(asked, out var local)
            ? local
            : throw new InvalidOperationException("The RedirectUri of a challenge of the scheme \"Airwallex\" must be a local URL such as /settings: anything else would let a link send your customers to another site.");
    }

    // UseAuthentication may be missing from the pipeline, or not have come to its default scheme yet.
    private async Task<ClaimsPrincipal> SignedInUserAsync()
    {
        if (!Context.User.Identities.Any(identity => identity.IsAuthenticated)
            && await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is { } scheme
            && await Context.AuthenticateAsync(scheme.Name).ConfigureAwait(false) is { Principal: { } principal })
        {
            Context.User = principal;
        }

        return Context.User;
    }

    private static AuthenticationProperties ForTheApplication(AuthenticationProperties properties)
    {
        var copy = properties.Clone();
        copy.Items.Remove(CodeVerifierKey);
        copy.Items.Remove(FlowIdKey);
        copy.Items.Remove(RedirectUriKey);
        return copy;
    }
}
