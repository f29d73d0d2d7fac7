namespace ConnectPortal.Pages;

/// <summary>How a connection is, in people's words.</summary>
/// <param name="Text">Two or three words.</param>
/// <param name="Style">The class that gives its sign and colour.</param>
/// <param name="Explanation">One sentence.</param>
public sealed record ConnectionState(string Text, string Style, string Explanation);
