using System.Text.Json;

namespace Athanor.Data.Signals;

/// <summary>What the columns and outcomes of a signals file mean.</summary>
/// <param name="Steps">Names of the steps, in their order.</param>
/// <param name="Signals">Names of the signals, each behind its step's name: <c>length.characters</c>.</param>
internal sealed record SignalNames(IReadOnlyList<string> Steps, IReadOnlyList<string> Signals)
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}
