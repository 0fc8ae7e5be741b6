namespace Athanor.Tokenizers.Chat;

/// <summary>The lazy filters: map, select, reject, selectattr, rejectattr.</summary>
internal static class SelectionFilters
{
    public static void AddTo(Dictionary<string, Filter> filters)
    {
        filters["map"] = Map;
        filters["select"] = (s, v, a) => Select(s, v, a, attribute: false, keep: true);
        filters["reject"] = (s, v, a) => Select(s, v, a, attribute: false, keep: false);
        filters["selectattr"] = (s, v, a) => Select(s, v, a, attribute: true, keep: true);
        filters["rejectattr"] = (s, v, a) => Select(s, v, a, attribute: true, keep: false);
    }

    private static IteratorValue Map(RenderState state, object? value, Arguments arguments)
    {
        if (!PythonType.IsTrue(value))
            return new IteratorValue("sync_do_map", []);
        Func<object?, object?> change;
        if (arguments.Positional.Count == 0)
        {
            object?[] bound = arguments.Bind(0, "attribute", "default");
            if (bound[0] == Arguments.Missing)
                throw new ChatTemplateException("map requires a filter argument.");
            object? fallback = Arguments.Or(bound[1], null);
            change = item => AttributePath.Get(item, bound[0], fallback);
        }
        else
        {
            string name = Arguments.Text(arguments.Positional[0], "the filter's name");
            Filter filter = FilterTable.Get(name);
            Arguments rest = arguments.Skip(1, name);
            change = item => filter(state, item, rest);
        }
        return new IteratorValue("sync_do_map", PythonType.Iterate(value, state).Select(change));
    }

    private static IteratorValue Select(RenderState state, object? value, Arguments arguments, bool attribute, bool keep)
    {
        if (!PythonType.IsTrue(value))
            return new IteratorValue("select_or_reject", []);
        int skipped = attribute ? 1 : 0;
        if (arguments.Positional.Count < skipped)
            throw new ChatTemplateException("Missing parameter for attribute name.");
        object? path = attribute ? arguments.Positional[0] : null;
        Test? test = null;
        Arguments rest = arguments.Skip(skipped, arguments.Callee);
        if (arguments.Positional.Count > skipped)
        {
            string name = Arguments.Text(arguments.Positional[skipped], "the test's name");
            test = TestTable.Get(name);
            rest = arguments.Skip(skipped + 1, name);
        }
        return new IteratorValue("select_or_reject", PythonType.Iterate(value, state).Where(item =>
        {
            object? tested = AttributePath.Get(item, path);
            return (test is null ? PythonType.IsTrue(tested) : test(state, tested, rest)) == keep;
        }));
    }
}
