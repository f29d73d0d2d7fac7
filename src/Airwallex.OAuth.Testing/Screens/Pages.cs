namespace Airwallex.OAuth.Testing;

internal static class Pages
{
    public static string Error(string title, string text) => $"<h1>{title}</h1><p>{text}</p>";
}
