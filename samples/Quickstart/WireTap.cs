using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Quickstart;

/// <summary>Prints each request of a client and its response; secrets by a fingerprint only.</summary>
internal sealed class WireTap(Terminal terminal) : DelegatingHandler
{
    private static readonly HashSet<string> Secrets =
        ["code", "code_verifier", "state", "access_token", "refresh_token"];

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(cancellationToken); // Read here, and then again by the caller.
            terminal.Exchange(
                request.Method.Method,
                request.RequestUri!.AbsolutePath,
                $"{(int)response.StatusCode} {response.ReasonPhrase}",
                response.IsSuccessStatusCode);
            await PrintRequestAsync(request, cancellationToken);
            await PrintResponseAsync(request, response, cancellationToken);
            return response;
        }
        catch (HttpRequestException)
        {
            terminal.Exchange(
                request.Method.Method,
                request.RequestUri!.AbsolutePath,
                "no response: the connection broke",
                success: false);
            await PrintRequestAsync(request, cancellationToken);
            throw;
        }
    }

    /// <summary>Prints the parameters of a URL.</summary>
    public static void PrintQuery(Terminal terminal, char direction, Uri url)
    {
        foreach (var (name, values) in QueryHelpers.ParseQuery(url.Query))
        {
            terminal.Field(direction, name, Redact(name, values.ToString()));
        }
    }

    private async Task PrintRequestAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Authorization is { Parameter: { } token } authorization)
        {
            terminal.Field('>', "Authorization", $"{authorization.Scheme} {Fingerprint(token)}");
        }

        if (request.Content is { } content)
        {
            foreach (var (name, values) in QueryHelpers.ParseQuery(await content.ReadAsStringAsync(cancellationToken)))
            {
                terminal.Field('>', name, Redact(name, values.ToString()));
            }
        }
    }

    /// <summary>Tokens and errors field by field; what the API responds is for the caller to show.</summary>
    private async Task PrintResponseAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/json"
            || (response.IsSuccessStatusCode && request.Method == HttpMethod.Get))
        {
            return;
        }

        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        foreach (var field in json.RootElement.EnumerateObject())
        {
            var isErrorCode = field.NameEquals("code"); // No authorization code: those come by redirect.
            var value = field.Value.ToString();
            terminal.Field('<', field.Name, isErrorCode ? value : Redact(field.Name, value));
        }
    }

    private static string Redact(string name, string value) => name switch
    {
        "client_secret" => "***",
        _ when Secrets.Contains(name) => Fingerprint(value),
        _ when name.EndsWith("expires_in", StringComparison.Ordinal) && int.TryParse(value, out var seconds) =>
            $"{value}  ({Text(TimeSpan.FromSeconds(seconds))})",
        _ => value,
    };

    /// <summary>Enough to tell one token from another, too little to use it.</summary>
    private static string Fingerprint(string secret) =>
        secret.Length >= 24 ? $"{secret[..4]}…{secret[^4..]}" : "***";

    private static string Text(TimeSpan time) =>
        time.TotalDays >= 1 ? $"{time.TotalDays:0.#} days" : $"{time.TotalMinutes:0.#} minutes";
}
