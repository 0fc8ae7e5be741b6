using System.Text;
using Athanor.Data.Extraction;

namespace Athanor.Data.Tests.Extraction;

public sealed class HtmlTreeTests
{
    [Theory]
    [InlineData("<p>a<p>b<div>c</div>d", "p(a)p(b)div(c)d")]
    [InlineData("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "ul(li(a)li(bul(li(c)))li(d))")]
    [InlineData("<table><tr><td>a<td>b<tr><th>c</table>d", "table(tr(td(a)td(b))tr(th(c)))d")]
    [InlineData("<b><p>a</b>b</p>c", "b(p(ab))c")]
    [InlineData("<a href=1>a<a href=2>b</a>c", "a(a)a(b)c")]
    [InlineData("<div>a</span></div>b</div>c", "div(a)bc")]
    [InlineData("a<!-- <p>x</p> -->b<!---->c<!-->d<!--->e<!-- x --!>f<!x>g<?php echo 1 ?>h</>i", "abcdefghi")]
    [InlineData("a<br>b<br/>c<img src='>'>d<hr>e", "abr()bbr()cimg()dhr()e")]
    [InlineData("<P CLASS=x>a</P\n>b", "p(a)b")]
    [InlineData("a < b <3 c <", "a < b <3 c <")]
    [InlineData("<div title='<p>'>a</div><div title=\"'\">b</div><div title=a'b\">c</div>", "div(a)div(b)div(c)")]
    [InlineData("<dl><dt>a<dd>b<dt>c</dl>", "dl(dt(a)dd(b)dt(c))")]
    [InlineData("<script>if (a</b) '<p>'</script>x", "script(if (a</b) '<p>')x")]
    [InlineData("<title>a<b>c</title>x", "title(a<b>c)x")]
    [InlineData("<my-box>a</my-box>", "custom(a)")]
    [InlineData("<p>a</p", "p(a)")]
    [InlineData("<p>a<b", "p(ab())")]
    public void Markup_becomes_the_tree_that_browsers_see(string html, string expected) => Assert.Equal(expected, Shape(html));

    [Fact]
    public void Deep_nesting_ends_at_the_limit_and_loses_no_text()
    {
        var tree = new HtmlTree(100_000, 64);
        tree.Read(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"<div>{i} ")));
        Assert.Equal(20_000, Texts(tree));
        Assert.True(Depth(tree) <= 65);
    }

    [Fact]
    public void More_nodes_than_allowed_are_left_out_and_it_is_said()
    {
        var tree = new HtmlTree(1000, 64);
        tree.Read(string.Concat(Enumerable.Repeat("<p>x", 5000)));
        Assert.True(tree.Truncated);
        Assert.InRange(tree.Count, 1000, 1001);
        tree.Read("<p>x");
        Assert.False(tree.Truncated);
    }

    [Fact]
    public void Nodes_end_where_their_parents_let_them()
    {
        var tree = new HtmlTree(100_000, 32);
        var random = new Random(7);
        string[] parts = ["<p>", "</p>", "<div>", "</div>", "<a>", "</a>", "<table>", "<tr>", "<td>", "</table>", "<li>", "<ul>", "</ul>", "<b>", "</b>", "text", "<br>", "<script>x</script>", "</td>", "<body>", "</body>", "<head>", "<svg/>", "<math><mi/></math>"];
        for (int round = 0; round < 500; round++)
        {
            tree.Read(string.Concat(Enumerable.Range(0, random.Next(80)).Select(_ => parts[random.Next(parts.Length)])));
            Span<HtmlNode> nodes = tree.Nodes;
            Assert.Equal(nodes.Length, nodes[0].End);
            for (int i = 1; i < nodes.Length; i++)
            {
                Assert.InRange(nodes[i].Parent, 0, i - 1);
                Assert.InRange(nodes[i].End, i + 1, nodes[nodes[i].Parent].End);
            }
        }
    }

    private static int Texts(HtmlTree tree)
    {
        int count = 0;
        foreach (ref HtmlNode node in tree.Nodes)
            count += node.Tag == HtmlTag.Text ? 1 : 0;
        return count;
    }

    private static int Depth(HtmlTree tree)
    {
        int deepest = 0;
        for (int i = 0; i < tree.Count; i++)
        {
            int depth = 0;
            for (int node = i; node > 0; node = tree.Nodes[node].Parent)
                depth++;
            deepest = Math.Max(deepest, depth);
        }
        return deepest;
    }

    private static string Shape(string html)
    {
        var tree = new HtmlTree(1000, 64);
        tree.Read(html);
        var shape = new StringBuilder();
        Write(tree, html, 0, shape);
        return shape.ToString();
    }

    private static void Write(HtmlTree tree, string html, int node, StringBuilder shape)
    {
        for (int child = node + 1; child < tree.Nodes[node].End; child = tree.Nodes[child].End)
        {
            if (tree.Nodes[child].Tag == HtmlTag.Text)
            {
                shape.Append(tree.Nodes[child].Source.Of(html));
                continue;
            }
            shape.Append(tree.Nodes[child].Tag.ToString().ToLowerInvariant()).Append('(');
            Write(tree, html, child, shape);
            shape.Append(')');
        }
    }
}
