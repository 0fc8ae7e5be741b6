using System.ComponentModel;
using System.Diagnostics;

namespace Athanor.Runs.Ledger;

/// <summary>The commit that a folder's code is at.</summary>
/// <param name="Commit">Its hash.</param>
/// <param name="Dirty">Whether tracked files differ from it.</param>
/// <param name="Root">The working tree.</param>
public sealed record GitState(string Commit, bool Dirty, string Root)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The state of the working tree that holds a folder; null without one, or without git.</summary>
    public static GitState? Of(string folder)
    {
        if (Ask(folder, "rev-parse", "HEAD", "--show-toplevel")?.Split('\n', StringSplitOptions.RemoveEmptyEntries) is not [var commit, var root])
            return null;
        return Ask(folder, "status", "--porcelain", "--untracked-files=no") is { } changes ? new GitState(commit.Trim(), changes.Trim().Length > 0, root.Trim()) : null;
    }

    private static string? Ask(string folder, params string[] arguments)
    {
        try
        {
            using Process? git = Process.Start(new ProcessStartInfo("git", ["-C", folder, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true });
            if (git is null)
                return null;
            Task<string> output = git.StandardOutput.ReadToEndAsync();
            _ = git.StandardError.ReadToEndAsync();
            if (!git.WaitForExit(Patience))
            {
                git.Kill(entireProcessTree: true);
                return null;
            }
            return git.ExitCode == 0 ? output.GetAwaiter().GetResult() : null;
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException)
        {
            return null;
        }
    }
}
