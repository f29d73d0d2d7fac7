// Adds up the results files (.trx) of a test run. Prints one line for each test project, what failed and what was skipped, and
// last the line of totals. Exit code: 0 when at least one test passed, none failed and none was skipped.
// Usage: dotnet run .ci/TestTotals.cs -- FOLDER PROJECTS, the folder of the results and the number of test projects expected in it.

using System.Xml.Linq;

XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
var (folder, projects) = (args[0], int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture));
var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.trx") : [];
var (passed, failed, skipped) = (0, 0, 0);
foreach (var file in files)
{
    var run = XDocument.Load(file).Root!;
    var results = run.Descendants(trx + "UnitTestResult").ToList();
    var ofProject = (Passed: 0, Failed: 0, Skipped: 0);
    var names = new List<string>();
    foreach (var result in results)
    {
        var (name, outcome) = ((string?)result.Attribute("testName"), (string?)result.Attribute("outcome"));
        switch (outcome)
        {
            case "Passed":
                ofProject.Passed++;
                break;
            case "NotExecuted":
                ofProject.Skipped++;
                names.Add($"    skipped: {name}");
                break;
            default:
                ofProject.Failed++;
                names.Add($"    {outcome}: {name}");
                names.Add("      " + ((string?)result.Descendants(trx + "Message").FirstOrDefault() ?? "").Trim().ReplaceLineEndings("\n      "));
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

    var assembly = run.Descendants(trx + "TestMethod").Select(method => (string?)method.Attribute("codeBase")).FirstOrDefault() ?? file;
    Console.WriteLine($"  {Path.GetFileNameWithoutExtension(assembly),-44} {ofProject.Passed,5} passed {ofProject.Failed,3} failed {ofProject.Skipped,3} skipped");
    names.ForEach(Console.WriteLine);
    (passed, failed, skipped) = (passed + ofProject.Passed, failed + ofProject.Failed, skipped + ofProject.Skipped);
}

if (files.Length != projects)
{
    Console.WriteLine($"  {projects} test projects, but {files.Length} results: a project ran no test, or broke off.");
}

Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
return files.Length == projects && passed > 0 && failed == 0 && skipped == 0 ? 0 : 1;
