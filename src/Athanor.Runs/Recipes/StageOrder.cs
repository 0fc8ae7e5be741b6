using System.Text.RegularExpressions;

namespace Athanor.Runs.Recipes;

/// <summary>A stage while it is being read.</summary>
internal sealed class StageDraft(string name, MappingNode node)
{
    public string Name { get; } = name;

    public MappingNode Node { get; } = node;

    public StageKind? Kind { get; set; }

    public List<string> From { get; } = [];

    public List<StageDraft> Inputs { get; } = [];

    public object? Settings { get; set; }

    public bool Clean { get; set; }

    /// <summary>Stages that this one depends on, nearest first.</summary>
    public IEnumerable<StageDraft> Upstream()
    {
        var seen = new HashSet<StageDraft>();
        var waiting = new Queue<StageDraft>(Inputs);
        while (waiting.TryDequeue(out StageDraft? next))
        {
            if (next.Kind is null || !seen.Add(next))
                continue;
            yield return next;
            foreach (StageDraft input in next.Inputs)
                waiting.Enqueue(input);
        }
    }
}

/// <summary>Reads the map of stages, connects them and puts them into an order in which they can run.</summary>
internal sealed partial class StageOrder(RecipeVocabulary vocabulary, ProblemList problems)
{
    public List<StageDraft> Read(MappingNode root)
    {
        if (root["stages"] is not { IsNull: false } stages)
        {
            problems.Add((root["stages"] ?? root).Mark, "stages", "The recipe has no stages.", remedy: "Write stages: and under it <name>: { use: <kind>, … }.");
            return [];
        }
        if (stages is not MappingNode map)
        {
            problems.Add(stages.Mark, "stages", $"The stages are {stages.Noun}; they must be a map from names to settings.");
            return [];
        }
        if (map.Entries.Count == 0)
            problems.Add(map.Mark, "stages", "The recipe has no stages.", remedy: "Write <name>: { use: <kind>, … }.");
        var drafts = new List<StageDraft>();
        foreach (MappingEntry entry in map.Entries)
        {
            string path = $"stages.{entry.Key}";
            if (!StageName().IsMatch(entry.Key))
                problems.Add(entry.KeyMark, path, $"'{entry.Key}' cannot name a stage.", remedy: "Use lower-case letters, digits, '-' and '_'.");
            if (entry.Value is not MappingNode node)
            {
                problems.Add(entry.Value.Mark, path, $"The stage is {entry.Value.Noun}; it must be a map with 'use'.");
                continue;
            }
            var draft = new StageDraft(entry.Key, node) { Kind = FindKind(node, path) };
            drafts.Add(draft);
        }
        foreach (StageDraft draft in drafts)
            Connect(draft, drafts, map);
        return Sort(drafts);
    }

    private StageKind? FindKind(MappingNode node, string path)
    {
        string[] kinds = [.. vocabulary.Stages.Select(kind => kind.Name)];
        if (node["use"] is not ScalarNode { Kind: not ScalarKind.Null } use)
        {
            problems.Add((node["use"] ?? node).Mark, $"{path}.use", "The stage does not say what it uses.", remedy: $"Write use: and one of {string.Join(", ", kinds)}.");
            return null;
        }
        if (vocabulary.FindStage(use.Text) is { } kind)
            return kind;
        problems.Add(use.Mark, $"{path}.use", $"There is no stage kind '{use.Text}'.", NearestName.Of(use.Text, kinds), $"There are: {string.Join(", ", kinds)}.");
        return null;
    }

    private void Connect(StageDraft draft, List<StageDraft> drafts, MappingNode map)
    {
        string path = $"stages.{draft.Name}.from";
        RecipeNode? from = draft.Node["from"];
        RecipeNode[] names = from switch { null or { IsNull: true } => [], SequenceNode list => [.. list.Items], _ => [from] };
        foreach (RecipeNode name in names)
        {
            if (name is not ScalarNode { Kind: not ScalarKind.Null } text)
                problems.Add(name.Mark, path, $"{name.Noun} stands where the name of a stage belongs.");
            else if (draft.From.Contains(text.Text))
                problems.Add(name.Mark, path, $"The stage '{text.Text}' stands here twice.", remedy: "Keep one of them.");
            else if (drafts.FirstOrDefault(other => other.Name == text.Text) is { } input)
            {
                draft.From.Add(text.Text);
                draft.Inputs.Add(input);
            }
            else if (!map.TryGet(text.Text, out _))
                problems.Add(name.Mark, path, $"There is no stage '{text.Text}'.", NearestName.Of(text.Text, drafts.Select(other => other.Name)), $"Stages: {string.Join(", ", drafts.Select(other => other.Name))}.");
        }
        if (draft.Kind is { } kind && draft.Inputs.All(input => input.Kind is not null) && draft.Inputs.Count == names.Length)
            CheckInputs(draft, kind, drafts, (from ?? draft.Node).Mark, path);
    }

    private void CheckInputs(StageDraft draft, StageKind kind, List<StageDraft> drafts, SourceMark mark, string path)
    {
        string takes = kind.Takes.Count == 0 ? "nothing" : string.Join(" and ", kind.Takes);
        static bool Fits(StageInput take, StageKind input) => input.Produces == take.Artifact || input.Produces == take.Instead;
        foreach (StageDraft input in draft.Inputs)
        {
            if (kind.Takes.All(take => !Fits(take, input.Kind!)))
                problems.Add(mark, path, $"'{input.Name}' produces {input.Kind!.Produces}; '{kind.Name}' takes {takes}.", remedy: kind.Takes.Count == 0 ? "Remove 'from'." : null);
        }
        foreach (StageInput take in kind.Takes)
        {
            int count = draft.Inputs.Count(input => Fits(take, input.Kind!));
            if (count < take.Min)
            {
                string[] makers = [.. drafts.Where(other => other != draft && other.Kind is { } able && Fits(take, able)).Select(other => other.Name)];
                string wanted = take.Min == 1 ? take.ToString() : $"{take.Min} x {take}";
                problems.Add(mark, path, $"'{kind.Name}' needs {wanted} and has {count}.", remedy: makers.Length > 0
                    ? $"Name in 'from': {string.Join(" or ", makers)}."
                    : $"Add a stage that produces it ({string.Join(", ", vocabulary.Stages.Where(k => k.Produces == take.Artifact).Select(k => k.Name))}) and name it in 'from'.");
            }
            else if (count > take.Max)
                problems.Add(mark, path, $"'{kind.Name}' takes at most {take.Max} x {take} and has {count}.");
        }
    }

    /// <summary>Inputs first, otherwise as written; a circle is reported with its members.</summary>
    private List<StageDraft> Sort(List<StageDraft> drafts)
    {
        var sorted = new List<StageDraft>();
        var waiting = new List<StageDraft>(drafts);
        while (waiting.Count > 0)
        {
            StageDraft? next = waiting.Find(draft => draft.Inputs.All(sorted.Contains));
            if (next is null)
            {
                ReportCircle(waiting, sorted);
                sorted.AddRange(waiting);
                break;
            }
            sorted.Add(next);
            waiting.Remove(next);
        }
        return sorted;
    }

    private void ReportCircle(List<StageDraft> waiting, List<StageDraft> sorted)
    {
        // Each waiting stage has an input that waits too: walking along these must meet a stage again.
        var walk = new List<StageDraft>();
        StageDraft current = waiting[0];
        while (!walk.Contains(current))
        {
            walk.Add(current);
            current = current.Inputs.First(input => !sorted.Contains(input));
        }
        walk.RemoveRange(0, walk.IndexOf(current));
        foreach (StageDraft draft in walk)
            draft.Inputs.Clear();
        problems.Add((current.Node["from"] ?? current.Node).Mark, $"stages.{current.Name}.from",
            $"The stages feed each other in a circle: {string.Join(" <- ", walk.Append(current).Select(draft => draft.Name))}.", remedy: "Remove one of these inputs.");
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_-]{0,63}\z")]
    private static partial Regex StageName();
}
