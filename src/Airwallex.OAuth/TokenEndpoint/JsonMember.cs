using System.Text.Json;

namespace Airwallex.OAuth;

/// <summary>One member of a JSON object.</summary>
/// <param name="Name">The name as it was written.</param>
/// <param name="Type">The type of the value.</param>
/// <param name="Text">
/// The text of a string, the digits of a number, the strings of an array with blanks between them; null for anything
/// else.
/// </param>
internal sealed record JsonMember(string Name, JsonTokenType Type, string? Text)
{
    public bool IsText => Type == JsonTokenType.String && Text is not null;

    // A record would print the value, which may be a token.
    public override string ToString() => Name;
}
