using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Athanor.Architecture.Tests;

/// <summary>The folder list is the architecture: docs/architecture.md says who may reference whom, the projects must agree.</summary>
public sealed partial class ReferenceTests
{
    private const string Page = "docs/architecture.md";

    [Fact]
    public void The_table_of_the_page_names_each_project_once()
    {
        Dictionary<string, string[]> table = ReadTable();
        Assert.Contains("Athanor.Tensors", table.Keys);
        Assert.Contains("Athanor.Cli", table.Keys);
        Assert.All(table.Values.SelectMany(names => names), name => Assert.Contains(name, table.Keys));
    }

    [Fact]
    public void Projects_reference_only_what_the_table_allows()
    {
        Dictionary<string, string[]> table = ReadTable();
        foreach (string path in Repository.Files("*.csproj", "src"))
        {
            string project = Path.GetFileNameWithoutExtension(path);
            Assert.True(table.ContainsKey(project), $"{path} is not in the table of {Page}.");
            HashSet<string> allowed = Closure(table, project);
            foreach (string reference in References(path))
                Assert.True(allowed.Contains(reference), $"{project} references {reference}; {Page} allows {string.Join(", ", allowed.Order(StringComparer.Ordinal))}.");
        }
    }

    [Fact]
    public void The_table_has_no_cycle()
    {
        Dictionary<string, string[]> table = ReadTable();
        Assert.All(table.Keys, project => Assert.DoesNotContain(project, Closure(table, project)));
    }

    [Fact]
    public void Every_project_is_in_the_solution_and_lies_in_a_folder_of_its_name()
    {
        string[] projects = [.. Repository.Files("*.csproj", "src", "tests", "benchmarks", "samples")];
        string[] listed = [.. XDocument.Parse(Repository.Text("Athanor.slnx")).Descendants("Project").Select(p => p.Attribute("Path")!.Value).Order(StringComparer.Ordinal)];
        Assert.Equal(projects.Order(StringComparer.Ordinal), listed);
        Assert.All(projects, path => Assert.Equal(Path.GetFileNameWithoutExtension(path), Path.GetFileName(Path.GetDirectoryName(path))));
    }

    [Fact]
    public void Libraries_do_not_reference_tests_or_benchmarks()
    {
        foreach (string path in Repository.Files("*.csproj", "src"))
            Assert.DoesNotContain(References(path), name => name.EndsWith(".Tests", StringComparison.Ordinal) || name.EndsWith(".Benchmarks", StringComparison.Ordinal));
    }

    private static IEnumerable<string> References(string project) =>
        XDocument.Parse(Repository.Text(project)).Descendants("ProjectReference")
            .Select(item => Path.GetFileNameWithoutExtension(item.Attribute("Include")!.Value.Replace('\\', '/')));

    /// <summary>What a project may reference, and through it what those may.</summary>
    private static HashSet<string> Closure(Dictionary<string, string[]> table, string project)
    {
        var closure = new HashSet<string>();
        var waiting = new Stack<string>(table[project]);
        while (waiting.TryPop(out string? name))
        {
            if (closure.Add(name))
            {
                foreach (string next in table[name])
                    waiting.Push(next);
            }
        }
        return closure;
    }

    private static Dictionary<string, string[]> ReadTable()
    {
        var rows = new Dictionary<string, string>();
        foreach (string line in Repository.Lines(Page))
        {
            if (Row().Match(line) is { Success: true } row)
                rows.Add(row.Groups["project"].Value, row.Groups["references"].Value.Trim());
        }
        return rows.ToDictionary(row => row.Key, row => row.Value switch
        {
            "nothing" => [],
            "everything" => rows.Keys.Where(name => name != row.Key).ToArray(),
            var list => [.. list.Split(',', StringSplitOptions.TrimEntries).Select(name => "Athanor." + name)],
        });
    }

    [GeneratedRegex(@"^\| `(?<project>Athanor\.\w+)` \|[^|]*\|(?<references>[^|]*)\|$")]
    private static partial Regex Row();
}
