using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airwallex.OAuth;

/// <summary>Collects what a health check has to say of each application; the worst decides. Not thread-safe.</summary>
internal sealed class HealthReport
{
    private readonly List<string> _sentences = [];
    private readonly Dictionary<string, object> _data = [];
    private string _application = "";
    private bool _isUnhealthy;
    private Exception? _exception;

    public void Begin(string application) => _application = application;

    public void Data(string key, object value) =>
        _data[_application.Length == 0 ? key : $"{_application}.{key}"] = value;

    public void Data(ConnectionSummary summary, int sampled, int unreadable)
    {
        Data("active", summary.Active);
        Data("reauthorization_required", summary.ReauthorizationRequired);
        Data("disconnected", summary.Disconnected);
        Data("renewal_due", summary.RenewalDue);
        Data("refresh_pending", summary.RefreshPending);
        Data("sampled", sampled);
        Data("unreadable", unreadable);
    }

    public void Unhealthy(string sentence, Exception? exception = null)
    {
        _isUnhealthy = true;
        _exception ??= exception;
        Degraded(sentence);
    }

    public void Degraded(string sentence) =>
        _sentences.Add(_application.Length == 0 ? sentence : $"Application {_application}: {sentence}");

    public HealthCheckResult ToResult(HealthStatus failureStatus) => _sentences.Count == 0
        ? HealthCheckResult.Healthy("Connections can be used and kept alive.", _data)
        : new HealthCheckResult(
            _isUnhealthy ? failureStatus : HealthStatus.Degraded, string.Join(' ', _sentences), _exception, _data);
}
