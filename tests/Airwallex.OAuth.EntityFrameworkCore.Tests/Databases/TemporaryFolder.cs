namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>A folder that is deleted with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("airwallex-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
