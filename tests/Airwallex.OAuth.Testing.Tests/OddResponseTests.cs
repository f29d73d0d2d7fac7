using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Airwallex.OAuth.Testing.Tests;

/// <summary>Responses that are not as documented, after the refresh token was rotated.</summary>
public sealed class OddResponseTests : IDisposable
{
    private readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_field_has_another_type()
    {
        var response = await RefreshAsync(Fault.Field("expires_in", "\"300\"").Then(Fault.Field("scope", "[\"a\"]")));

        using var json = JsonDocument.Parse(response.Body);
        Assert.Equal("300", json.RootElement.GetProperty("expires_in").GetString());
        Assert.Equal(JsonValueKind.Array, json.RootElement.GetProperty("scope").ValueKind);
        Assert.NotNull(response.RefreshToken);
        Assert.Equal("expires_in \"300\", scope [\"a\"]", _client.Simulator.Journal[^1].Fault);
    }

    [Fact]
    public async Task A_field_is_missing()
    {
        var response = await RefreshAsync(Fault.WithoutField("account_id"));

        Assert.Null(response.AccountId);
        Assert.NotNull(response.RefreshToken);
    }

    [Fact]
    public async Task Every_field_is_odd_in_every_way_and_each_response_is_JSON()
    {
        Assert.Equal(91, Fault.OddTokenResponses.Count);
        foreach (var fault in Fault.OddTokenResponses)
        {
            using var json = JsonDocument.Parse((await RefreshAsync(fault)).Body);
            Assert.True(json.RootElement.GetRawText().Length > 100, fault.ToString());
        }

        Assert.Equal(91, Fault.OddTokenResponses.Select(fault => fault.ToString()).Distinct().Count());
    }

    [Fact]
    public void A_value_that_is_not_JSON_is_refused() =>
        Assert.Throws<ArgumentException>(() => Fault.Field("scope", "a b"));

    [Fact]
    public async Task Fields_of_a_body_that_is_not_JSON_stay_as_they_are()
    {
        var response = await RefreshAsync(Fault.Body("<html>").Then(Fault.WithoutField("scope")));

        Assert.Equal("<html>", response.Body);
    }

    [Fact]
    public async Task A_body_begins_with_a_byte_order_mark()
    {
        using var response = await SendAsync(Fault.ByteOrderMark());

        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(Encoding.UTF8.Preamble.ToArray(), body[..3]);
        Assert.Equal((byte)'{', body[3]);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_body_is_compressed_although_not_asked_for(string encoding)
    {
        using var response = await SendAsync(Fault.Compressed(encoding));

        Assert.Equal([encoding], response.Content.Headers.ContentEncoding);
        await using var compressed = await response.Content.ReadAsStreamAsync();
        await using Stream decompressing = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionMode.Decompress),
            "deflate" => new ZLibStream(compressed, CompressionMode.Decompress),
            _ => new BrotliStream(compressed, CompressionMode.Decompress),
        };
        using var json = await JsonDocument.ParseAsync(decompressing);
        Assert.Equal("bearer", json.RootElement.GetProperty("token_type").GetString());
    }

    [Fact]
    public void An_encoding_that_does_not_exist_is_refused() =>
        Assert.Throws<ArgumentException>(() => Fault.Compressed("zip"));

    [Fact]
    public async Task A_body_has_another_content_type()
    {
        using var response = await SendAsync(Fault.ContentType("text/plain"));

        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("refresh_token", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_ends_early_and_the_tokens_reach_nobody()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.EndBodyEarly());

        var broken = await Assert.ThrowsAsync<HttpRequestException>(() => _client.RefreshAsync(tokens.RefreshToken));

        Assert.IsType<HttpIOException>(broken.InnerException);
        Assert.NotEqual(tokens.RefreshToken, _client.Simulator.CurrentRefreshToken(tokens.AccountId!));
    }

    [Fact]
    public async Task A_body_ends_early_for_a_client_that_reads_it_as_it_comes()
    {
        using var form = new FormUrlEncodedContent(_client.RefreshForm((await _client.ConnectAsync()).RefreshToken!));
        using var request = new HttpRequestMessage(HttpMethod.Post, _client.Simulator.TokenEndpoint) { Content = form };
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.EndBodyEarly());

        using var response = await _client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_refusal_that_was_changed_on_the_way_obliges_nobody()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.RevokeByUser(tokens.AccountId!);
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.WithoutField("error"));

        await _client.RefreshAsync(tokens.RefreshToken);
        await _client.RefreshAsync(tokens.RefreshToken);

        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Retry_After_is_a_date_by_the_simulators_clock()
    {
        using var response = await SendAsync(Fault.Status(429).Then(Fault.RetryAfterDate(TimeSpan.FromMinutes(3))));

        Assert.Equal(_client.Time.GetUtcNow().AddMinutes(3), response.Headers.RetryAfter?.Date);
    }

    [Fact]
    public async Task Retry_After_is_minutes_in_seconds()
    {
        using var response = await SendAsync(Fault.Status(503).Then(Fault.RetryAfter(TimeSpan.FromMinutes(3))));

        Assert.Equal(TimeSpan.FromMinutes(3), response.Headers.RetryAfter?.Delta);
    }

    private async Task<TokenReply> RefreshAsync(Fault fault)
    {
        var tokens = await _client.ConnectAsync("acct_1");
        _client.Simulator.Faults.Next(FaultTarget.Token, fault);
        return await _client.RefreshAsync(tokens.RefreshToken);
    }

    private async Task<HttpResponseMessage> SendAsync(Fault fault)
    {
        using var form = new FormUrlEncodedContent(_client.RefreshForm((await _client.ConnectAsync()).RefreshToken!));
        _client.Simulator.Faults.Next(FaultTarget.Token, fault);
        return await _client.Http.PostAsync(_client.Simulator.TokenEndpoint, form);
    }
}
