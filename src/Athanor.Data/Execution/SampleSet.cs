using System.Text.Json;
using Athanor.Data.Documents;

namespace Athanor.Data.Execution;

/// <summary>A document that is a sample of a group.</summary>
/// <param name="Rank">The lowest ranks of a group stay.</param>
/// <param name="Id">Decides between equal ranks.</param>
/// <param name="Line">Its JSON.</param>
internal sealed record Sample(double Rank, string Id, string Line);

/// <summary>
/// The documents of lowest rank of each group: which these are does not depend on the order in which they come. With the hash of an id for a rank they are a random
/// sample, with the distance to a threshold they are the closest calls.
/// </summary>
internal sealed class SampleSet(int size, SampleBounds? bounds = null)
{
    private readonly SortedDictionary<string, List<Sample>> _groups = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, List<Sample>> Groups => _groups;

    /// <summary>A random rank, the same for the same id wherever it is met.</summary>
    public static double Random(string id) => ContentHash.Place(id, 0);

    /// <summary>Whether a document of this rank would stay.</summary>
    public bool Takes(string group, double rank, string id) =>
        size > 0 && bounds?.Exclude(group, rank) != true && (!_groups.TryGetValue(group, out List<Sample>? samples) || samples.Count < size || Compare(rank, id, samples[^1]) < 0);

    public void Add(string group, Sample sample)
    {
        if (!Takes(group, sample.Rank, sample.Id))
            return;
        if (!_groups.TryGetValue(group, out List<Sample>? samples))
            _groups.Add(group, samples = []);
        int at = samples.Count;
        while (at > 0 && Compare(sample.Rank, sample.Id, samples[at - 1]) < 0)
            at--;
        samples.Insert(at, sample);
        if (samples.Count > size)
            samples.RemoveAt(size);
    }

    /// <summary>Tells what no longer can become a sample.</summary>
    public void Tell(SampleBounds told)
    {
        foreach ((string group, List<Sample> samples) in _groups)
        {
            if (samples.Count == size)
                told.Set(group, samples[^1].Rank);
        }
    }

    public void Add(SampleSet other)
    {
        foreach ((string group, List<Sample> samples) in other._groups)
        {
            foreach (Sample sample in samples)
                Add(group, sample);
        }
    }

    /// <summary>Writes the samples group by group, a line each.</summary>
    public void Write(string path)
    {
        using var file = new StreamWriter(path) { NewLine = "\n" };
        foreach (Sample sample in _groups.Values.SelectMany(samples => samples))
            file.WriteLine(sample.Line);
    }

    public static string Line(Action<Utf8JsonWriter> properties)
    {
        using var buffer = new JsonLineBuffer(1 << 12);
        buffer.WriteObject(properties, static (json, properties) => properties(json));
        return System.Text.Encoding.UTF8.GetString(buffer.Bytes[..^1]);
    }

    private static int Compare(double rank, string id, Sample other) =>
        rank.CompareTo(other.Rank) is not 0 and var order ? order : string.CompareOrdinal(id, other.Id);
}
