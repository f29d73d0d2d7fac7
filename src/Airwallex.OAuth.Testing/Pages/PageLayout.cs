using System.Text.Encodings.Web;

namespace Airwallex.OAuth.Testing;

/// <summary>The frame around every page: head, style, badge. No script, no file from anywhere else.</summary>
internal static class PageLayout
{
    private const string Style = """
        :root {
          color-scheme: light dark;
          --page: #f4f5f7; --card: #fff; --text: #1c2330; --quiet: #566074; --line: #c9cfda;
          --accent: #2f4b8f; --on-accent: #fff; --notice: #fff4d6; --on-notice: #5b4300; --error: #a3192b;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #12151b; --card: #1b2029; --text: #e8ebf1; --quiet: #a8b1c2; --line: #475063;
            --accent: #9db6f5; --on-accent: #10182c; --notice: #3b3115; --on-notice: #f7e3ab; --error: #ff9aa5;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; padding: 1.5rem 1rem 3rem; background: var(--page); color: var(--text);
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
        header, main { max-width: 30rem; margin: 0 auto; }
        header { display: flex; justify-content: space-between; align-items: center; gap: .75rem; margin-bottom: 1rem;
          color: var(--quiet); font-size: .875rem; }
        .badge { padding: .2rem .65rem; border-radius: 1rem; background: var(--notice); color: var(--on-notice);
          font-weight: 600; white-space: nowrap; }
        main { padding: 1.75rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card);
          overflow-wrap: anywhere; }
        @media (max-width: 24rem) { main { padding: 1.25rem; } header { flex-wrap: wrap; } }
        h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; }
        h2 { margin: 1.25rem 0 .5rem; font-size: 1rem; }
        p { margin: 0 0 1rem; overflow-wrap: anywhere; }
        .quiet, .hint { color: var(--quiet); }
        .hint { margin: .25rem 0 0; font-size: .875rem; }
        .steps { display: grid; grid-template-columns: repeat(4, 1fr); gap: .5rem; margin: 0 0 1.25rem;
          padding: 0; list-style: none; font-size: .8125rem; color: var(--quiet); }
        @media (max-width: 30rem) { .steps { grid-template-columns: repeat(2, 1fr); } }
        .steps li { padding-top: .4rem; border-top: 3px solid var(--line); }
        .steps .done, .steps [aria-current] { border-color: var(--accent); }
        .steps [aria-current] { color: var(--text); font-weight: 600; }
        @media (forced-colors: active) {
          .badge { border: 1px solid; }
          .steps li:not(.done, [aria-current]) { border-top-style: dotted; }
        }
        label, legend { font-weight: 600; }
        fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; }
        legend { padding: 0; margin-bottom: .35rem; }
        .field { margin-bottom: 1.1rem; }
        input:not([type=radio], [type=checkbox]), select { display: block; width: 100%; min-height: 2.75rem;
          margin-top: .3rem; padding: .5rem .7rem; border: 1px solid var(--quiet); border-radius: .4rem;
          background: var(--card); color: inherit; font: inherit; }
        input.code { max-width: 11rem; font-size: 1.375rem; letter-spacing: .3em; }
        [aria-invalid] { border-color: var(--error) !important; }
        .choice { display: flex; gap: .7rem; align-items: flex-start; padding: .65rem .1rem;
          border-bottom: 1px solid var(--line); font-weight: 400; }
        .choice input { width: 1.2rem; height: 1.2rem; margin: .15rem 0 0; accent-color: var(--accent); }
        .choice small { display: block; color: var(--quiet); overflow-wrap: anywhere; }
        .error { color: var(--error); font-weight: 600; }
        .scopes { margin: 0 0 1.25rem; padding: 0; list-style: none; }
        .scopes li { padding: .6rem 0; border-bottom: 1px solid var(--line); }
        .scopes code { display: block; color: var(--quiet); font-size: .8125rem; overflow-wrap: anywhere; }
        .buttons { display: flex; flex-wrap: wrap; gap: .75rem; }
        .buttons + .hint { margin-top: .75rem; }
        button { flex: 1 1 9rem; min-height: 2.75rem; padding: .5rem 1rem; border: 1px solid var(--accent);
          border-radius: .4rem; background: var(--accent); color: var(--on-accent); font: inherit;
          font-weight: 600; cursor: pointer; }
        button.second { background: transparent; color: var(--accent); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        """;

    public static string Text(string? text) => HtmlEncoder.Default.Encode(text ?? "");

    /// <summary>A whole page.</summary>
    /// <param name="title">Its title, as text.</param>
    /// <param name="content">What is in it, as HTML.</param>
    public static string Page(string title, string content) => $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{Text(title)} – Simulated Airwallex</title>
        <link rel="icon" href="data:,">
        <style>{Style}</style>
        </head>
        <body>
        <header><span class="badge">Simulated Airwallex</span><span>For testing. Enter nothing real.</span></header>
        <main>
        {content}
        </main>
        </body>
        </html>
        """;
}
