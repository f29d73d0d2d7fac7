namespace Quickstart;

/// <summary>Prints numbered steps, what went over the wire and what came of it, at most 100 columns wide.</summary>
internal sealed class Terminal
{
    private const int Width = 100;
    private const int NameWidth = 26;

    // SGR codes rather than fixed colours: they follow the terminal's own theme, light or dark.
    private const int Plain = 0, Bold = 1, Faint = 2, Red = 31, Green = 32, Yellow = 33, Cyan = 36;

    private readonly bool _colours =
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    private int _step;

    public void Title(string text) => Write(text + Environment.NewLine, Bold);

    public void Step(string title) => Write($"{Environment.NewLine}{++_step,2}  {title}{Environment.NewLine}", Cyan);

    public void Text(string text) => Block("", text, Plain);

    public void Done(string text) => Block("✓ ", text, Green);

    public void Failed(string text) => Block("✗ ", text, Red);

    /// <summary>What to read after this tour.</summary>
    public void WhereNext()
    {
        Step("Where to go next");
        Link("the same in a web application", "src/Airwallex.OAuth/docs/getting-started.md");
        Link("what happens when …", "src/Airwallex.OAuth/docs/what-happens-when.md");
        Link("a portal with buttons that cause trouble", "dotnet run --project samples/ConnectPortal");
        Link("this tour with Airwallex itself", "set Airwallex__ClientId, __ClientSecret and __RedirectUri");
    }

    /// <summary>One request and its outcome.</summary>
    public void Exchange(string method, string path, string outcome, bool success)
    {
        var request = $"    {method,-4} {path} ";
        Write(request, Bold);
        Write(new string('·', Math.Max(3, Width - request.Length - outcome.Length - 1)) + " ", Faint);
        Write(outcome + Environment.NewLine, success ? Green : Yellow);
    }

    /// <summary>A named value; <paramref name="direction"/> is &gt; for sent, &lt; for received.</summary>
    public void Field(char direction, string name, string value)
    {
        var label = $"      {direction} {name.PadRight(NameWidth)}";
        foreach (var line in Wrap(value, Width - label.Length))
        {
            Write(label, Faint);
            Write(line + Environment.NewLine, Plain);
            label = new string(' ', label.Length);
        }
    }

    private void Link(string what, string where)
    {
        Write($"    {what.PadRight(42)}", Plain);
        Write(where + Environment.NewLine, Bold);
    }

    private void Block(string mark, string text, int style)
    {
        foreach (var line in Wrap(text, Width - 4 - mark.Length))
        {
            Write($"    {mark}{line}{Environment.NewLine}", style);
            mark = new string(' ', mark.Length);
        }
    }

    private void Write(string text, int style) =>
        Console.Write(_colours && style != Plain ? $"\e[{style}m{text}\e[0m" : text);

    /// <summary>Breaks between words. A word that is too long, such as a URL to be copied, stays whole.</summary>
    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        yield return line;
    }
}
