namespace Airwallex.OAuth.Tests.Support;

internal static class AsyncEnumerables
{
    public static async Task<List<T>> ReadAllAsync<T>(this IAsyncEnumerable<T> source)
    {
        var all = new List<T>();
        await foreach (var item in source)
        {
            all.Add(item);
        }

        return all;
    }
}
