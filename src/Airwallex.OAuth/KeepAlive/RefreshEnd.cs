namespace Airwallex.OAuth;

/// <summary>How a refresh of the keep-alive ended.</summary>
internal enum RefreshEnd
{
    Refreshed,
    Ended,
    Failed,
    Deferred,
}
