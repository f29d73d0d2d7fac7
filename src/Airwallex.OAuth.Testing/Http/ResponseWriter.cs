using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>Writes a <see cref="SimulatedResponse"/> on the wire.</summary>
internal static class ResponseWriter
{
    /// <summary>Writes the response; none breaks the connection.</summary>
    public static async Task WriteAsync(HttpContext context, SimulatedResponse? response)
    {
        if (response is null)
        {
            context.Abort();
            return;
        }

        var headers = context.Response.Headers;
        context.Response.StatusCode = response.StatusCode;
        headers.CacheControl = "no-store";
        headers.Location = response.Location;
        headers.Allow = response.Allow;
        headers.RetryAfter = response.RetryAfter;
        var body = Encode(response);
        if (body.Length == 0)
        {
            return;
        }

        headers.ContentEncoding = response.ContentEncoding;
        context.Response.ContentType = response.ContentType;
        context.Response.ContentLength = body.Length;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var length = response.BodyEndsEarly ? body.Length / 2 : body.Length;
        await context.Response.Body.WriteAsync(body.AsMemory(0, length), context.RequestAborted).ConfigureAwait(false);
        if (response.BodyEndsEarly)
        {
            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            context.Abort();
        }
    }

    private static byte[] Encode(SimulatedResponse response)
    {
        var body = Encoding.UTF8.GetBytes(response.Body);
        if (response.HasByteOrderMark)
        {
            body = [.. Encoding.UTF8.Preamble, .. body];
        }

        if (response.ContentEncoding is null)
        {
            return body;
        }

        using var encoded = new MemoryStream();
        using (Stream compressing = response.ContentEncoding switch
        {
            "gzip" => new GZipStream(encoded, CompressionLevel.Fastest, leaveOpen: true),
            // RFC 9110, section 8.4.1.2: "deflate" is the zlib format.
            "deflate" => new ZLibStream(encoded, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BrotliStream(encoded, CompressionLevel.Fastest, leaveOpen: true),
        })
        {
            compressing.Write(body);
        }

        return encoded.ToArray();
    }
}
