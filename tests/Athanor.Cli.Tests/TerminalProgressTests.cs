using Athanor.Cli.Progress;
using Athanor.Runs.Progress;
using Spectre.Console;

namespace Athanor.Cli.Tests;

public sealed class TerminalProgressTests
{
    [Fact]
    public void Bars_show_stages_figures_and_messages()
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.Yes });
        console.Profile.Width = 120;
        using (var face = new TerminalProgress(console))
        {
            var run = new RunProgress(face);
            StageProgress read = run.Begin("read [text]", 1, 2);
            read.End(ProgressKind.Reused, "3.00MB");
            StageProgress train = run.Begin("train", 2, 2);
            train.Expect(1000, "tokens");
            train.Report(1000, "loss 2.5");
            train.Say("checkpoint [1]");
            train.End(ProgressKind.Finished);
        }
        string shown = text.ToString();
        Assert.Contains("1/2 read [text]", shown, StringComparison.Ordinal);
        Assert.Contains("reused, 3.00MB", shown, StringComparison.Ordinal);
        Assert.Contains("train: checkpoint [1]", shown, StringComparison.Ordinal);
        Assert.Matches(@"2/2 train .*done in .*1.00k/1.00k tokens \(100%\)", shown);
    }
}
