namespace Airwallex.OAuth;

/// <summary>
/// The store of a program that chose none in words: for Development, and for programs without a host.
/// </summary>
internal sealed class DefaultTokenStore
{
    public InMemoryTokenStore Store { get; } = new();
}
