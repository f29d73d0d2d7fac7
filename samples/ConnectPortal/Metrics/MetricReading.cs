namespace ConnectPortal.Metrics;

/// <summary>A figure for people, and the name that Prometheus knows it by.</summary>
public sealed record MetricReading(string Label, long Value, string PrometheusName);
