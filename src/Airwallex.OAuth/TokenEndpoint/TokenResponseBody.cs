using System.Buffers;
using System.IO.Compression;
using System.Text;

namespace Airwallex.OAuth;

/// <summary>
/// The body of a response: collected while it arrives, then decompressed and read as JSON, whatever its headers say.
/// What has arrived can be looked at while the rest is still awaited. Thread-safe.
/// </summary>
internal sealed class TokenResponseBody
{
    /// <summary>
    /// In bytes, compressed or not. What is beyond it is not read: no response is that long, and a bomb is longer.
    /// </summary>
    public const int LongestBody = 1024 * 1024;

    private const int MostEncodings = 8;

    private readonly ArrayBufferWriter<byte> _received = new(); // Guarded by itself.

    /// <summary>Reads from the network until the body ends or is longer than allowed.</summary>
    public async Task ReceiveAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[8192];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            lock (_received)
            {
                _received.Write(buffer.AsSpan(0, read));
                if (_received.WrittenCount > LongestBody)
                {
                    throw new InvalidDataException("The response is longer than 1 MiB.");
                }
            }
        }
    }

    /// <summary>
    /// Reads what has arrived as JSON: decompressed as the headers say; or as it is, when a handler has decompressed
    /// it already; or by its first bytes, when the header is missing.
    /// </summary>
    /// <param name="encodings">The values of Content-Encoding, in the order in which they were applied.</param>
    /// <param name="isWanted">Whether the members are those of the response that is expected.</param>
    public JsonMembers ReadJson(IReadOnlyList<string> encodings, Func<JsonMembers, bool> isWanted)
    {
        byte[] received;
        lock (_received)
        {
            received = _received.WrittenSpan.ToArray();
        }

        var first = JsonMembers.Read(ToUtf8(Decompress(received, encodings)));
        if (isWanted(first))
        {
            return first;
        }

        foreach (var guess in GuessEncodings(received, encodings))
        {
            var members = JsonMembers.Read(ToUtf8(Decompress(received, guess)));
            if (isWanted(members))
            {
                return members;
            }
        }

        return first;
    }

    private static IEnumerable<string[]> GuessEncodings(byte[] body, IReadOnlyList<string> encodings)
    {
        if (encodings.Count > 0)
        {
            yield return [];
        }

        // Text that starts like JSON or HTML is not compressed.
        if (body is not [(byte)'{' or (byte)'<', ..])
        {
            yield return ["gzip"];
            yield return ["deflate"];
            yield return ["br"];
        }
    }

    private static byte[] Decompress(byte[] body, IReadOnlyList<string> encodings)
    {
        foreach (var encoding in encodings.Reverse().Take(MostEncodings))
        {
            var compressed = new MemoryStream(body);
            body = encoding.Trim().ToUpperInvariant() switch
            {
                "GZIP" or "X-GZIP" => ReadToEnd(new GZipStream(compressed, CompressionMode.Decompress)),
                "BR" => ReadToEnd(new BrotliStream(compressed, CompressionMode.Decompress)),
                // By RFC 9110 deflate has zlib's header; some servers leave it out.
                "DEFLATE" when HasZlibHeader(body) => ReadToEnd(new ZLibStream(compressed, CompressionMode.Decompress)),
                "DEFLATE" => ReadToEnd(new DeflateStream(compressed, CompressionMode.Decompress)),
                _ => body,
            };
        }

        return body;
    }

    private static bool HasZlibHeader(byte[] body) =>
        body.Length >= 2 && (body[0] & 0x0F) == 8 && ((body[0] << 8) + body[1]) % 31 == 0;

    /// <summary>What can be decompressed; nothing when it is not compressed in this way.</summary>
    private static byte[] ReadToEnd(Stream decompressed)
    {
        using (decompressed)
        {
            var body = new MemoryStream();
            var buffer = new byte[8192];
            try
            {
                int read;
                while (body.Length < LongestBody && (read = decompressed.Read(buffer)) > 0)
                {
                    body.Write(buffer, 0, read);
                }
            }
            catch (Exception)
            {
                // It is damaged, or compressed otherwise: what came before is all there is.
            }

            return body.ToArray();
        }
    }

    /// <summary>
    /// JSON is UTF-8; a server that sends UTF-16 or UTF-32 shows it by a mark, or by the zeros around the brace.
    /// </summary>
    private static byte[] ToUtf8(byte[] body)
    {
        Encoding? other = body switch
        {
            [0xFF, 0xFE, 0, 0, ..] or [(byte)'{', 0, 0, 0, ..] => Encoding.UTF32,
            [0, 0, 0xFE, 0xFF, ..] or [0, 0, 0, (byte)'{', ..] => new UTF32Encoding(bigEndian: true, false),
            [0xFF, 0xFE, ..] or [(byte)'{', 0, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] or [0, (byte)'{', ..] => Encoding.BigEndianUnicode,
            _ => null,
        };
        var utf8 = other is null ? body : Encoding.Convert(other, Encoding.UTF8, body);
        return utf8 is [0xEF, 0xBB, 0xBF, ..] ? utf8[3..] : utf8;
    }
}
