using System.Text;
using System.Text.Json;

namespace Airwallex.OAuth;

/// <summary>
/// The members of the first JSON object in a body, read so that damage in one place costs only what is damaged: text
/// around the object, a body that broke off, values that are not JSON. Immutable after reading.
/// </summary>
internal sealed class JsonMembers
{
    // An exception each: a body of nothing but damage must not keep the processor busy for seconds.
    private const int MostResumptions = 100;

    private static ReadOnlySpan<byte> Blanks => " \t\r\n"u8;

    private static readonly JsonReaderState InsideAnObject = CreateStateInsideAnObject();

    private readonly List<JsonMember> _members = [];

    private JsonMembers()
    {
    }

    /// <summary>True when the text was not one whole JSON object.</summary>
    public bool IsDamaged { get; private set; }

    public static JsonMembers Read(ReadOnlySpan<byte> utf8)
    {
        var result = new JsonMembers();
        var start = utf8.IndexOf((byte)'{') + 1;
        result.IsDamaged = start == 0 || !utf8[..(start - 1)].Trim(Blanks).IsEmpty;
        for (var resumptions = 0; start > 0; resumptions++)
        {
            var rest = utf8[start..];
            if (result.ReadMembers(rest, out var consumed))
            {
                result.IsDamaged |= !rest[consumed..].Trim(Blanks).IsEmpty;
                if (resumptions == 0)
                {
                    break; // The object's end. After damage it may have been another object's, and reading goes on.
                }
            }

            // Members start after commas: the next one may be whole again.
            result.IsDamaged = true;
            var comma = resumptions < MostResumptions ? rest[consumed..].IndexOf((byte)',') : -1;
            start = comma < 0 ? 0 : start + consumed + comma + 1;
        }

        return result;
    }

    /// <summary>
    /// The last member of this name whose value can be used; when there is none, the last one whose name differs in
    /// case only.
    /// </summary>
    public JsonMember? Find(string name, Func<JsonMember, bool> isUsable) =>
        _members.FindLast(member => member.Name == name && isUsable(member))
        ?? _members.FindLast(member => IsNamed(member, name) && isUsable(member));

    /// <summary>Every member of this name, whatever its case.</summary>
    public List<JsonMember> FindAll(string name) => _members.FindAll(member => IsNamed(member, name));

    /// <summary>Reads members until the object ends. False when it does not, or when something is not JSON.</summary>
    private bool ReadMembers(ReadOnlySpan<byte> utf8, out int consumed)
    {
        var reader = new Utf8JsonReader(utf8, isFinalBlock: true, InsideAnObject);
        try
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = Text(ref reader) ?? "";
                reader.Read();
                var member = new JsonMember(name, reader.TokenType, Value(ref reader));

                // A text that runs into what follows may have lost its own end: it is not what was meant.
                if (!IsFollowedWell(utf8[(int)reader.BytesConsumed..]))
                {
                    break;
                }

                _members.Add(member);
            }

            consumed = (int)reader.BytesConsumed;
            return reader.TokenType == JsonTokenType.EndObject;
        }
        catch (JsonException)
        {
            consumed = (int)reader.BytesConsumed;
            return false;
        }
    }

    private static bool IsFollowedWell(ReadOnlySpan<byte> rest) =>
        rest.TrimStart(Blanks) is not [not ((byte)',' or (byte)'}' or (byte)'/'), ..];

    private static string? Value(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return Text(ref reader);
            case JsonTokenType.Number:
                return Encoding.ASCII.GetString(reader.ValueSpan);
            case JsonTokenType.StartArray:
                return Words(ref reader);
            default:
                reader.Skip();
                return null;
        }
    }

    private static string Words(ref Utf8JsonReader reader)
    {
        var words = new List<string?>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                words.Add(Text(ref reader));
            }
            else
            {
                reader.Skip();
            }
        }

        return string.Join(' ', words);
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // JSON, but not text: half a surrogate pair, or bytes that are not UTF-8.
        }
    }

    private static bool IsNamed(JsonMember member, string name) =>
        string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase);

    private static JsonReaderState CreateStateInsideAnObject()
    {
        var options = new JsonReaderOptions
        {
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
            MaxDepth = TokenResponseBody.LongestBody,
        };
        var reader = new Utf8JsonReader("{"u8, isFinalBlock: false, new JsonReaderState(options));
        reader.Read();
        return reader.CurrentState;
    }
}
