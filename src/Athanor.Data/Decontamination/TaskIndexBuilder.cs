namespace Athanor.Data.Decontamination;

/// <summary>Reads tasks into an index, as a rule wants them.</summary>
internal static class TaskIndexBuilder
{
    /// <exception cref="InvalidDataException">No question has enough words, or a file is none of a task.</exception>
    public static TaskIndex Build(DecontaminateSettings settings)
    {
        int words = settings.Words ?? 13;
        var index = new TaskIndex();
        var scanner = new WordScanner();
        foreach (TaskFileSettings task in settings.Tasks)
        {
            int before = index.Count;
            foreach (TaskItem item in TaskFile.Read(task))
                Add(index, scanner, settings.Rule, words, Math.Min(settings.MinWords, words), item);
            if (index.Count == before)
                throw new InvalidDataException($"The task '{task.Shown}' ({task.Path.FullPath}) has no text of at least {Math.Min(words, settings.MinWords)} words in {string.Join(", ", task.Query.Concat(task.Answer))}. Name other fields, or write a lower min_words.");
        }
        return index;
    }

    private static void Add(TaskIndex index, WordScanner scanner, ContaminationRule rule, int words, int least, TaskItem item)
    {
        if (rule != ContaminationRule.Datatrove)
        {
            scanner.Scan(item.Query);
            index.Add(item.Name, scanner.Hashes, words, least);
            scanner.Scan(item.Answer);
            index.Add(item.Name, scanner.Hashes, words, least);
            return;
        }
        scanner.Scan(item.Query);
        int query = scanner.Count;
        ulong[] hashes = [.. scanner.Hashes];
        scanner.Scan(item.Answer);
        // An n-gram counts that reaches into the answer.
        index.Add(item.Name, [.. hashes, .. scanner.Hashes], words, words, at => at + words > query);
    }
}
