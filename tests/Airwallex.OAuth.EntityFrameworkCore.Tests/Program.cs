using Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

// The tests are run by "dotnet test"; started as a program, this is a worker of the crash test.
return await Worker.RunAsync(args);
