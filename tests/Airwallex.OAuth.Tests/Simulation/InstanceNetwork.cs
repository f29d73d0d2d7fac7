using System.Net;
using System.Text;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>One instance's way to the token endpoint. Bytes that are out may arrive even when their sender is dead.</summary>
internal sealed class InstanceNetwork(World world, Instance instance) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var scheduler = world.Scheduler;
        var faults = world.FaultsAreOn ? world.Faults : null;
        if (scheduler.Chance(faults?.Refused ?? 0))
        {
            await instance.PauseAsync(scheduler.Between(0.01, 1)).ConfigureAwait(false);
            throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused.");
        }

        // Connecting takes time; only then are the bytes written, with the last look at the clock.
        await instance.PauseAsync(Latency()).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var form = Parse(await request.Content!.ReadAsStringAsync(CancellationToken.None).ConfigureAwait(false));
        var exchange = new Exchange(world, instance, form);
        instance.Exchanges.Add(exchange);
        await using (cancellationToken.Register(exchange.Abort).ConfigureAwait(false))
        {
            exchange.Travel(Latency(), Latency(), Latency());
            return await exchange.Answer.ConfigureAwait(false);
        }

        TimeSpan Latency() => scheduler.Chance(faults?.Slow ?? 0) ? scheduler.Between(0.3, 6) : scheduler.Between(0.01, 0.2);
    }

    private static List<KeyValuePair<string, string>> Parse(string form) =>
        [.. form.Split('&').Select(pair => pair.Split('=')).Select(pair => KeyValuePair.Create(pair[0], Uri.UnescapeDataString(pair[1])))];

    /// <summary>One request on its way: it arrives, is carried out, is answered; each of them, or not.</summary>
    internal sealed class Exchange(World world, Instance instance, List<KeyValuePair<string, string>> form)
    {
        private readonly TaskCompletionSource<HttpResponseMessage> _answer = new();
        private PendingTokenRequest? _pending;
        private bool _isOverForServer;

        public Task<HttpResponseMessage> Answer => _answer.Task;

        private string? RefreshToken => form.FirstOrDefault(pair => pair.Key == "refresh_token").Value;

        public void Travel(TimeSpan there, TimeSpan processing, TimeSpan back)
        {
            var faults = world.FaultsAreOn ? world.Faults : null;
            var scheduler = world.Scheduler;
            if (scheduler.Chance(faults?.LostBeforeArrival ?? 0))
            {
                if (RefreshToken is { } lost)
                {
                    world.OnUnanswered(lost);
                }

                BreakAfter(there);
                return;
            }

            scheduler.After(there, () =>
            {
                if (_isOverForServer)
                {
                    return;
                }

                Arrive();
                scheduler.After(processing, () => Process(back, faults));
            });
        }

        /// <summary>The client gives up.</summary>
        public void Abort()
        {
            Vanish();
            _answer.TrySetCanceled();
        }

        /// <summary>The client is gone: it gave up, or it died. Whether the server had seen enough to act on is open.</summary>
        public void Vanish()
        {
            if (_isOverForServer)
            {
                return;
            }

            if (_pending is null && world.Scheduler.Chance(0.5))
            {
                Arrive();
            }

            if (_pending is { Answer: null } && world.Scheduler.Chance(0.5))
            {
                world.OnProcessed(_pending, world.Server.ProcessTokenRequest(_pending));
            }

            End(answerArrived: false);
        }

        private void Arrive()
        {
            if (RefreshToken is { } sent)
            {
                world.OnRefreshArrives(instance, sent);
            }

            _pending = world.Server.BeginTokenRequest(form);
        }

        private void Process(TimeSpan back, Faults? faults)
        {
            if (_isOverForServer)
            {
                return;
            }

            var scheduler = world.Scheduler;
            if (world.EndpointIsDown || scheduler.Chance(faults?.ServerError ?? 0))
            {
                Reply(back, 503, "<html>busy</html>", null);
                return;
            }

            if (scheduler.Chance(faults?.SpuriousTooManyRequests ?? 0))
            {
                Reply(back, 429, """{"error":"too_many_requests"}""", null);
                return;
            }

            var answer = world.Server.ProcessTokenRequest(_pending!);
            world.OnProcessed(_pending!, answer);
            if (scheduler.Chance(faults?.LostAfterRotation ?? 0))
            {
                world.Trace($"{instance} loses the answer");
                End(answerArrived: false);
                BreakAfter(back);
            }
            else if (scheduler.Chance(faults?.ServerErrorAfterRotation ?? 0))
            {
                Reply(back, 500, "{}", null);
            }
            else if (scheduler.Chance(faults?.Malformed ?? 0))
            {
                Reply(back, 200, """{"access_token":"x"}""", null);
            }
            else
            {
                Reply(back, answer.StatusCode, answer.Body, answer);
            }
        }

        private void Reply(TimeSpan back, int status, string body, TokenAnswer? answer) => instance.After(back, () =>
        {
            if (_isOverForServer)
            {
                return;
            }

            End(answerArrived: answer is not null, answer is null ? status : null);
            if (answer is not null)
            {
                world.OnDelivered(instance, answer, RefreshToken);
            }

            _answer.TrySetResult(new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
        });

        // Half of the time the connection breaks; else nothing is heard any more, until the client gives up.
        private void BreakAfter(TimeSpan delay)
        {
            if (world.Scheduler.Chance(0.5))
            {
                instance.After(delay, () =>
                {
                    if (!_isOverForServer)
                    {
                        End(answerArrived: false);
                    }

                    _answer.TrySetException(new HttpRequestException(HttpRequestError.ResponseEnded, "The connection broke."));
                });
            }
        }

        private void End(bool answerArrived, int? status = null)
        {
            _isOverForServer = true;
            if (_pending is not null)
            {
                world.Server.EndTokenRequest(_pending, answerArrived, status);
            }

            if (!answerArrived && status is null && RefreshToken is { } sent)
            {
                world.OnUnanswered(sent);
            }

            instance.Exchanges.Remove(this);
        }
    }
}
