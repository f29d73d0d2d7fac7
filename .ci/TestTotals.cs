// Adds up the results files (.trx) of a test run. Prints one line for each test project, what failed and what was
// skipped, and last the line of totals. Exit code: 0 when at least one test passed, none failed and none was skipped.
// Usage: dotnet run .ci/TestTotals.cs -- FOLDER SOLUTION, the folder of the results and the solution that was tested.

using System.Text.RegularExpressions;
using System.Xml.Linq;

XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
var (folder, solution) = (args[0], Path.GetFullPath(args[1]));
var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.trx") : [];
var runs = Regex.Matches(File.ReadAllText(solution), @"""([^""]+\.Tests\.csproj)""")
    .Select(match => Path.Combine(Path.GetDirectoryName(solution)!, match.Groups[1].Value.Replace('\\', '/')))
    .Sum(
        project =>
            (
                (string?)XDocument.Load(project).Descendants("TargetFrameworks")
                    .FirstOrDefault() ?? "one").Split(';').Length);
var (passed, failed, skipped) = (0, 0, 0);
foreach (var file in files)
{
    var run = XDocument.Load(file).Root!;
    var ofProject = (Passed: 0, Failed: 0, Skipped: 0);
    var names = new List<string>();
    foreach (var result in run.Descendants(trx + "UnitTestResult"))
    {
        var (name, outcome) = ((string?)result.Attribute("testName"), (string?)result.Attribute("outcome"));
        var message = ((string?)result.Descendants(trx + "Message").FirstOrDefault() ?? "").Trim();
        switch (outcome)
        {
            case "Passed":
                ofProject.Passed++;
                break;
            case "NotExecuted":
                ofProject.Skipped++;
                names.Add($"    skipped: {name}: {message}");
                break;
            default:
                ofProject.Failed++;
                names.Add($"    {outcome}: {name}");
                names.Add("      " + message.ReplaceLineEndings("\n      "));
                break;
        }
    }

    // A run that broke off, such as by a crash of its process, says so here and has too few results.
    var summary = run.Element(trx + "ResultSummary");
    var end = (string?)summary?.Attribute("outcome");
    if (end != "Completed" && ofProject.Failed == 0)
    {
        ofProject.Failed++;
        names.Add($"    the run ended with: {end ?? "nothing"}");
        names.AddRange(run.Descendants(trx + "RunInfo").Select(info => "      " + info.Value.Trim()));
    }

    var assembly = (string?)run.Descendants(trx + "TestMethod").FirstOrDefault()?.Attribute("codeBase") ?? file;
    var project = $"{Path.GetFileNameWithoutExtension(assembly)} ({Path.GetFileName(Path.GetDirectoryName(assembly))})";
    Console.WriteLine(
        $"  {project,-56} {ofProject.Passed,5} passed {ofProject.Failed,3} failed {ofProject.Skipped,3} skipped");
    names.ForEach(Console.WriteLine);
    passed += ofProject.Passed;
    failed += ofProject.Failed;
    skipped += ofProject.Skipped;
}

if (files.Length != runs)
{
    Console.WriteLine(
        $"  {runs} runs are expected, but {files.Length} have results: a project ran no test, or broke off.");
}

Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
return files.Length == runs && passed > 0 && failed == 0 && skipped == 0 ? 0 : 1;
