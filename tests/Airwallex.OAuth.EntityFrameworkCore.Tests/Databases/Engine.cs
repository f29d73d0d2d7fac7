using System.Reflection;
using Xunit.Sdk;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>A database engine that tests run on.</summary>
public enum Engine
{
    /// <summary>A file.</summary>
    Sqlite,

    /// <summary>The server of this project: PostgreSQL, or MariaDB.</summary>
    Server,
}

/// <summary>Runs a theory on SQLite.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OnSqliteAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Engine.Sqlite]];
}

/// <summary>Runs a theory on the server of this project; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OnServerAttribute : DataAttribute
{
    public OnServerAttribute() => Skip = TestDatabase.ServerSkipReason;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Engine.Server]];
}

/// <summary>
/// A theory with data of its own that needs the server; skipped, with the reason, where there is none.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerTheoryAttribute : TheoryAttribute
{
    public ServerTheoryAttribute() => Skip = TestDatabase.ServerSkipReason;
}

/// <summary>A test that needs the server; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerFactAttribute : FactAttribute
{
    public ServerFactAttribute() => Skip = TestDatabase.ServerSkipReason;
}
