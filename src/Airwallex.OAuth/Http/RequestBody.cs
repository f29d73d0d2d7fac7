using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Airwallex.OAuth;

/// <summary>
/// Which bodies can be sent a second time, after a 401: known, never guessed. A body that is produced while it is sent,
/// or whose kind is not known, is sent once.
/// </summary>
internal static class RequestBody
{
    /// <summary>
    /// Whether a body holds values that are serialized as it is sent. Serializing them a second time may give something
    /// else, so they are serialized before the first send, and the bytes are kept.
    /// </summary>
    public static bool MustBeBuffered(HttpContent? content) => content switch
    {
        JsonContent json => IsMaterialized(json.Value),
        MultipartContent parts when IsKnown(parts) => parts.Any(MustBeBuffered),
        _ => false,
    };

    public static async Task BufferAsync(HttpContent content)
    {
        if (content is MultipartContent parts)
        {
            foreach (var part in parts.Where(MustBeBuffered))
            {
                await BufferAsync(part).ConfigureAwait(false);
            }

            return;
        }

        await content.LoadIntoBufferAsync().ConfigureAwait(false);
    }

    public static bool CanBeSentTwice(HttpContent? content) => content switch
    {
        null => true,
        JsonContent json => IsMaterialized(json.Value),
        MultipartContent parts when IsKnown(parts) => parts.All(CanBeSentTwice),
        StreamContent when IsKnown(content) => CanBeRewound(content),
        _ => IsKnown(content),
    };

    // A class derived from one of these may write something else each time.
    private static bool IsKnown(HttpContent content)
    {
        var type = content.GetType();
        return type == typeof(ByteArrayContent) || type == typeof(StringContent)
            || type == typeof(FormUrlEncodedContent) || type == typeof(ReadOnlyMemoryContent)
            || type == typeof(StreamContent) || type == typeof(MultipartContent)
            || type == typeof(MultipartFormDataContent);
    }

    // StreamContent rewinds by itself, to where its stream was when it was made.
    private static bool CanBeRewound(HttpContent content)
    {
        try
        {
            return content.ReadAsStream().CanSeek;
        }
        catch (Exception exception) when (
            exception is ObjectDisposedException or InvalidOperationException or IOException)
        {
            return false;
        }
    }

    // A sequence that is not a collection is produced while it is read: once, and as long as it takes.
    [UnconditionalSuppressMessage(
        "Trimming", "IL2075",
        Justification = "An interface that was trimmed away is one that nothing reads the value by.")]
    private static bool IsMaterialized(object? value)
    {
        if (value is null or string or JsonNode or ICollection)
        {
            return true;
        }

        var isSequence = value is IEnumerable;
        foreach (var type in value.GetType().GetInterfaces())
        {
            var generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
            if (generic == typeof(IAsyncEnumerable<>))
            {
                return false;
            }

            if (generic == typeof(ICollection<>) || generic == typeof(IReadOnlyCollection<>))
            {
                isSequence = false;
            }
        }

        return !isSequence;
    }
}
