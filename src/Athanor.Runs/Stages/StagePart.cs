using System.Globalization;

namespace Athanor.Runs.Stages;

/// <summary>One of the parts into which a stage's work is cut, so that processes on several machines may share it.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Count">How many there are.</param>
public sealed record StagePart(int Index, int Count)
{
    private const string Folder = "parts-", Done = ".done";

    /// <summary>The parts that are done, by what lies in a stage's work folder.</summary>
    /// <param name="work">The work folder; it may be absent.</param>
    /// <param name="count">How many parts there are.</param>
    public static IReadOnlySet<int> DoneIn(string work, int count)
    {
        var done = new HashSet<int>();
        string folder = Path.Combine(work, Folder + count.ToString(CultureInfo.InvariantCulture));
        foreach (string mark in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*" + Done) : [])
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(mark), NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < count)
                done.Add(index);
        }
        return done;
    }

    /// <summary>Says that the part is done.</summary>
    internal string MarkIn(string work) => Name(work) + Done;

    /// <summary>Held by the process that works on the part.</summary>
    internal string LockIn(string work) => Name(work) + ".lock";

    private string Name(string work) => Path.Combine(work, string.Create(CultureInfo.InvariantCulture, $"{Folder}{Count}"), string.Create(CultureInfo.InvariantCulture, $"{Index:00000}"));
}
