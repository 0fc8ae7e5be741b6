namespace Athanor.Inference.Constraints;

/// <summary>What must be known of an automaton before it runs: which rules may be empty, that each can end, and that none begins with itself.</summary>
internal static class AutomatonCheck
{
    public static Automaton Finish(List<List<ByteEdge>?> bytes, List<List<int>?> empty, List<List<CallEdge>?> calls, List<(int Start, int End, string Name)> rules)
    {
        bool[] ending = Reaching(rules, empty, calls, bytes);
        if (Array.IndexOf(ending, false) is >= 0 and int endless)
            throw new ConstraintException($"the rule '{rules[endless].Name}' can never end: each of its alternatives leads back to itself; add one that does not");
        bool[] nullable = Reaching(rules, empty, calls, null);
        foreach (List<CallEdge>? edges in calls)
        {
            for (int i = 0; i < edges?.Count; i++)
            {
                // What may be empty may be so any number of times; only the others are counted.
                if (nullable[edges[i].Rule])
                    edges[i] = edges[i] with { Min = 0 };
            }
        }
        int[] ranks = Ranks(rules, empty, calls);
        return new Automaton(bytes, empty, calls, [.. rules.Select((rule, i) => new RuleStates(rule.Start, rule.End, ranks[i]))]);
    }

    /// <summary>Which rules can reach their end, over edges for bytes too where these are given.</summary>
    private static bool[] Reaching(List<(int Start, int End, string Name)> rules, List<List<int>?> empty, List<List<CallEdge>?> calls, List<List<ByteEdge>?>? bytes)
    {
        var reaches = new bool[rules.Count];
        var waiting = new List<(int Rule, int State)>?[rules.Count];   // places that go on once a rule is known to reach its end
        HashSet<(int, int)> seen = [];
        var stack = new Stack<(int Rule, int State)>();
        for (int rule = 0; rule < rules.Count; rule++)
            stack.Push((rule, rules[rule].Start));
        while (stack.TryPop(out (int Rule, int State) at))
        {
            // A state belongs to one rule only.
            if (!seen.Add(at))
                continue;
            if (at.State == rules[at.Rule].End && !reaches[at.Rule])
            {
                reaches[at.Rule] = true;
                foreach ((int Rule, int State) next in waiting[at.Rule] ?? [])
                    stack.Push(next);
            }
            foreach (int target in empty[at.State] ?? [])
                stack.Push((at.Rule, target));
            foreach (ByteEdge edge in bytes?[at.State] ?? [])
                stack.Push((at.Rule, edge.Target));
            foreach (CallEdge call in calls[at.State] ?? [])
            {
                if (call.Min == 0 || reaches[call.Rule])
                    stack.Push((at.Rule, call.Return));
                else
                    (waiting[call.Rule] ??= []).Add((at.Rule, call.Return));
            }
        }
        return reaches;
    }

    /// <summary>An order in which every rule comes before those that it can begin with.</summary>
    private static int[] Ranks(List<(int Start, int End, string Name)> rules, List<List<int>?> empty, List<List<CallEdge>?> calls)
    {
        var begins = new HashSet<int>[rules.Count];
        var callers = new int[rules.Count];
        for (int rule = 0; rule < rules.Count; rule++)
        {
            begins[rule] = [];
            HashSet<int> seen = [];
            var stack = new Stack<int>([rules[rule].Start]);
            while (stack.TryPop(out int state))
            {
                if (!seen.Add(state))
                    continue;
                foreach (int target in empty[state] ?? [])
                    stack.Push(target);
                foreach (CallEdge call in calls[state] ?? [])
                {
                    begins[rule].Add(call.Rule);
                    if (call.Min == 0)
                        stack.Push(call.Return);
                }
            }
            foreach (int callee in begins[rule])
                callers[callee]++;
        }
        var ranks = new int[rules.Count];
        Array.Fill(ranks, -1);
        var ready = new Queue<int>(Enumerable.Range(0, rules.Count).Where(rule => callers[rule] == 0));
        int rank = 0;
        while (ready.TryDequeue(out int rule))
        {
            ranks[rule] = rank++;
            foreach (int callee in begins[rule])
            {
                if (--callers[callee] == 0)
                    ready.Enqueue(callee);
            }
        }
        if (rank < rules.Count)
            throw LeftRecursive(rules, begins, ranks);
        return ranks;
    }

    private static ConstraintException LeftRecursive(List<(int Start, int End, string Name)> rules, HashSet<int>[] begins, int[] ranks)
    {
        // Each unranked rule has an unranked caller; walking back comes round.
        List<int> path = [Array.IndexOf(ranks, -1)];
        while (true)
        {
            int callee = path[^1];
            int caller = Enumerable.Range(0, rules.Count).First(rule => ranks[rule] < 0 && begins[rule].Contains(callee));
            int round = path.IndexOf(caller);
            path.Add(caller);
            if (round >= 0)
            {
                string cycle = string.Join(" → ", path.Skip(round).Reverse().Select(rule => rules[rule].Name));
                return new ConstraintException($"left recursion: {cycle} without reading a byte; let the rule begin with something else, or write it as a repeat");
            }
        }
    }
}
