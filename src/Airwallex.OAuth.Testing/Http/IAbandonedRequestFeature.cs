namespace Airwallex.OAuth.Testing;

/// <summary>Frees a client in memory that has given up, while the server goes on working on its request.</summary>
internal interface IAbandonedRequestFeature
{
    void Release();
}
