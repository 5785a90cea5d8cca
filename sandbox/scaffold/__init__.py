"""What a contribution begins with: folders made from templates. Overwrites nothing."""
